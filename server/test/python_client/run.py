"""The lines that show how the client is used, with the address and the account from the command line; what came goes out as JSON."""

import json
import sys

from client import VezaChatAPI

base_url, username, password = sys.argv[1:4]

api = VezaChatAPI(base_url, username, password)
rooms = api.get_rooms()
sent = api.send_message(1, 'Hello from Python!')
messages = api.get_messages(1)

with open('plants.txt', 'w', encoding='utf-8') as plants:
    plants.write('Roses, tulips, thyme.\n')


def upload(api, path):
    with open(path, 'rb') as file:
        response = api.session.post(f'{api.base_url}/files/upload', files={'file': file}, headers={'Content-Type': None})
    response.raise_for_status()
    return response.json()['data']


file = upload(api, 'plants.txt')
message = {'content': 'For spring', 'file_ids': [file['file_id']]}
api.session.post(f'{api.base_url}/rooms/1/messages', json=message).raise_for_status()
[newest] = api.get_messages(1, limit=1)

print(json.dumps({'rooms': rooms, 'sent': sent, 'messages': messages, 'file': file, 'newest': newest}))
