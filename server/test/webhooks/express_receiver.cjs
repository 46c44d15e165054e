const express = require('express');
const crypto = require('crypto');

const app = express();
app.use(express.json());

function verifyWebhookSignature(payload, signature, secret) {
    const expectedSignature = crypto
        .createHmac('sha256', secret)
        .update(payload)
        .digest('hex');
    
    return crypto.timingSafeEqual(
        Buffer.from(signature, 'hex'),
        Buffer.from(expectedSignature, 'hex')
    );
}

app.post('/webhook/chat', (req, res) => {
    const signature = req.headers['x-webhook-signature'];
    const payload = JSON.stringify(req.body);
    
    if (!verifyWebhookSignature(payload, signature, process.env.WEBHOOK_SECRET)) {
        return res.status(401).send('Invalid signature');
    }
    
    const { event, data } = req.body;
    
    switch (event) {
        case 'message_sent':
            console.log(`New message in room ${data.room_id}: ${data.content}`);
            break;
        case 'user_joined':
            console.log(`User ${data.username} joined room ${data.room_id}`);
            break;
        case 'user_left':
            console.log(`User ${data.username} left room ${data.room_id}`);
            break;
    }
    
    res.status(200).send('OK');
});

app.listen(3000, () => {
    console.log('Webhook server listening on port 3000');
});
