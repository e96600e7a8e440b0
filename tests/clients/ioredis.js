// ioredis, as the scheduler's client: what it sends of itself when it connects, automatic
// pipelines, changes and retries, refusals, events, and that it finds its subscriptions again by
// itself after the connection was lost.
// Usage: node ioredis.js SOCKET
const assert = require('node:assert');
const Redis = require('ioredis');

const path = process.argv[2];

const named = (reply) => {
    const object = {};
    for (let i = 0; i + 1 < reply.length; i += 2) object[reply[i]] = reply[i + 1];
    return object;
};
const heard = (listener, test) => new Promise((resolve) => {
    listener.on('message', (channel, text) => test(channel, JSON.parse(text)) && resolve());
});

(async () => {
    const client = new Redis({ path, connectionName: 'ioredis', enableAutoPipelining: true });
    assert.equal(await client.ping(), 'PONG');
    assert.equal(await client.client('GETNAME'), 'ioredis');
    const wait = named(await client.call('HALL.WAIT', 'hall', 'card'));
    assert.ok(Number.isInteger(wait.half_us) && wait.nine_in_ten_us >= wait.half_us);

    const takes = () => Promise.all([...Array(100).keys()].map((i) =>
        client.call('TICKET.TAKE', 'hall', 'card', 'REQUEST', `io-${i}`)));
    const first = (await takes()).map(named);
    const again = (await takes()).map(named);
    assert.deepEqual(first.map((t) => t.number), first.map((_, i) => first[0].number + i));
    assert.deepEqual(again.map((t) => t.ref), first.map((t) => t.ref));
    assert.ok(again.every((t) => t.repeated) && !first.some((t) => t.repeated));
    await assert.rejects(client.call('TICKET.TAKE', 'hall', 'nothing'), /MATTER_UNKNOWN/);
    await assert.rejects(client.get('x'), /unknown command/);

    const listener = new Redis({ path, retryStrategy: () => 20 });
    const taken = (channel, event) => channel === 'hall:hall' && event.event === 'TAKEN';
    await listener.subscribe('hall:hall');
    let one = heard(listener, taken);
    await client.call('TICKET.TAKE', 'hall', 'card');
    await one;
    const back = new Promise((resolve) => listener.once('ready', resolve));
    listener.disconnect(true);
    await back;
    while (!/sub=1/.test(await client.client('LIST'))) await new Promise((r) => setTimeout(r, 10));
    one = heard(listener, taken);
    await client.call('TICKET.TAKE', 'hall', 'card');
    await one;
    listener.disconnect();
    client.disconnect();
    console.log('ioredis: pipelines, changes and again, refusals, events, reconnection, ok');
})().catch((error) => {
    console.error(error);
    process.exit(1);
});
