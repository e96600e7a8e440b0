"""redis-py, as the scheduler's client: what it sends of itself when it connects, questions, changes
in a pipeline and again, refusals, events, and a pool that many threads share.
Usage: python3 redis_py.py SOCKET"""
import json
import sys
import threading

import redis

path = sys.argv[1]


def named(reply):
    """The answer's names and values."""
    return dict(zip(reply[::2], reply[1::2]))


def refused(client, code, *words):
    try:
        client.execute_command(*words)
    except redis.ResponseError as error:
        assert str(error).startswith(code), error
    else:
        raise AssertionError(f"{words} was not refused")


client = redis.Redis(unix_socket_path=path, decode_responses=True, client_name="redis-py")
assert client.ping()
assert client.info()["connected_clients"] >= 1
assert "maxclients" in client.config_get("max*")
assert client.client_getname() == "redis-py"
wait = named(client.execute_command("HALL.WAIT", "hall", "card"))
assert wait["nine_in_ten_us"] >= wait["half_us"]

# Redis's transactions are not spoken here: a pipeline is one without.
firsts = []
for again in (False, True):
    pipeline = client.pipeline(transaction=False)
    for i in range(100):
        pipeline.execute_command(
            "TICKET.TAKE", "hall", "card", "CITIZEN", "某人", "REQUEST", f"py-{i}")
    replies = [named(reply) for reply in pipeline.execute()]
    numbers = [reply["number"] for reply in replies]
    assert numbers == list(range(numbers[0], numbers[0] + 100))
    assert all(("repeated" in reply) == again for reply in replies)
    firsts.append(numbers[0])
assert firsts[0] == firsts[1]
refused(client, "MATTER_UNKNOWN", "TICKET.TAKE", "hall", "nothing")
refused(client, "ARGUMENTS", "TICKET.TAKE", "hall")
refused(client, "unknown command", "GET", "x")

listener = client.pubsub(ignore_subscribe_messages=True)
listener.subscribe("hall:hall")
listener.psubscribe("window:*")
listener.get_message(timeout=5)
listener.get_message(timeout=5)
client.execute_command("TICKET.TAKE", "hall", "card")
event = None
while event is None or event["event"] != "TAKEN":
    message = listener.get_message(timeout=5)
    assert message is not None, "nothing was heard"
    event = json.loads(message["data"])
missed = client.execute_command("EVENTS.SINCE", event["sequence"] - 1)
assert json.loads(missed[0]) == event
listener.close()

# Sixteen threads and eight connections of one pool: no number twice.
pool = redis.Redis(connection_pool=redis.BlockingConnectionPool(
    connection_class=redis.UnixDomainSocketConnection, path=path, max_connections=8,
    decode_responses=True))
taken = []


def take():
    for _ in range(20):
        taken.append(named(pool.execute_command("TICKET.TAKE", "hall", "card"))["number"])


threads = [threading.Thread(target=take) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(set(taken)) == len(taken) == 320
print("redis-py: questions, 100 changes in a pipeline and again, refusals, events, a pool, ok")
