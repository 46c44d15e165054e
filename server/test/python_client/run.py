"""The lines that show how the client is used, with the address and the account from the command line; what came goes out as JSON."""

import json
import sys

from client import VezaChatAPI

base_url, username, password = sys.argv[1:4]

api = VezaChatAPI(base_url, username, password)
rooms = api.get_rooms()
sent = api.send_message(1, 'Hello from Python!')
messages = api.get_messages(1)

print(json.dumps({'rooms': rooms, 'sent': sent, 'messages': messages}))
