// node-redis, as the scheduler's client, in both versions of the protocol: what it sends of itself
// when it connects, questions, changes, refusals, events, and events that were missed.
// Usage: node node_redis.js SOCKET
const assert = require('node:assert');
const { createClient } = require('redis');

const path = process.argv[2];

// RESP3 gives maps, RESP2 a list of names and values.
const named = (reply) => {
    if (!Array.isArray(reply)) return Object.assign({}, reply);
    const object = {};
    for (let i = 0; i + 1 < reply.length; i += 2) object[reply[i]] = reply[i + 1];
    return object;
};

const connected = async (options) => {
    const client = createClient({ socket: { path, reconnectStrategy: false }, ...options });
    client.on('error', (error) => {
        console.error(`node_redis.js: ${error}`);
        process.exit(1);
    });
    return client.connect();
};

const visit = async (version) => {
    const client = await connected({ RESP: version });
    assert.equal(await client.ping(), 'PONG');
    assert.match(await client.info(), /connected_clients/);
    assert.ok('maxclients' in named(await client.configGet('max*')));

    const wait = named(await client.sendCommand(['HALL.WAIT', 'hall', 'card']));
    assert.ok(Number.isInteger(wait.half_us) && wait.nine_in_ten_us >= wait.half_us);

    const take = ['TICKET.TAKE', 'hall', 'card', 'CITIZEN', '某人', 'REQUEST', `node-${version}`];
    const first = named(await client.sendCommand(take));
    const again = named(await client.sendCommand(take));
    assert.equal(again.ref, first.ref);
    assert.equal(again.number, first.number);
    assert.ok(again.repeated && !first.repeated);
    const info = named(await client.sendCommand(['TICKET.INFO', first.ref]));
    assert.ok(info.state);

    const many = await Promise.all(
        [...Array(100)].map(() => client.sendCommand(['TICKET.TAKE', 'hall', 'card'])));
    const numbers = many.map((reply) => named(reply).number);
    assert.deepEqual(numbers, numbers.map((_, i) => numbers[0] + i));

    const wrong = ['TICKET.TAKE', 'hall', 'nothing'];
    await assert.rejects(client.sendCommand(wrong), /^Error: MATTER_UNKNOWN/);
    await assert.rejects(client.get('x'), /unknown command/);
    await client.close();
};

const events = async (version) => {
    const client = await connected({ RESP: version });
    const listener = await connected({ RESP: version });
    const heard = [];
    const enough = new Promise((resolve) => {
        listener.subscribe('hall:hall', (text) => heard.push(JSON.parse(text)) === 2 && resolve());
    });
    await listener.pSubscribe('window:*', () => {});
    await client.sendCommand(['TICKET.TAKE', 'hall', 'card']);
    await client.sendCommand(['TICKET.TAKE', 'hall', 'card']);
    await enough;
    assert.deepEqual(heard.map((event) => event.event), ['TAKEN', 'TAKEN']);
    assert.ok(heard[1].sequence > heard[0].sequence);
    const missed = await client.sendCommand(['EVENTS.SINCE', String(heard[0].sequence)]);
    assert.ok(missed.map(JSON.parse).some((event) => event.sequence === heard[1].sequence));
    await listener.unsubscribe('hall:hall');
    await listener.pUnsubscribe('window:*');
    await listener.close();
    await client.close();
};

(async () => {
    for (const version of [2, 3]) {
        await visit(version);
        await events(version);
    }
    console.log('node-redis: RESP2 and RESP3, questions, changes, refusals, events, ok');
})().catch((error) => {
    console.error(error);
    process.exit(1);
});
