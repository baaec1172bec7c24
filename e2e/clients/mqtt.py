"""A device that speaks MQTT through `paho-mqtt`: python3 mqtt.py HOST PORT PASSWORD VERSION

VERSION is 4 (3.1.1) or 5. Prints what it sees, one JSON object a line, and takes orders the same way.
"""

import json
import sys

import paho.mqtt.client as mqtt


def tell(callback, **fields):
    print(json.dumps({"callback": callback, **fields}), flush=True)


def code(reason):
    return getattr(reason, "value", reason)


def main(host, port, password, version):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=int(version), reconnect_on_failure=False)
    client.username_pw_set("ngp_device", password)
    client.on_connect = lambda _c, _u, _f, reason, _p: tell("connect", reason=code(reason))
    client.on_disconnect = lambda _c, _u, _f, reason, _p: tell("disconnect", reason=code(reason))
    client.on_publish = lambda _c, _u, number, reason, _p: tell("published", number=number, reason=code(reason))
    client.on_subscribe = lambda _c, _u, _n, reasons, _p: tell("subscribed", reasons=[code(r) for r in reasons])
    client.on_message = lambda _c, _u, m: tell("message", message={"topic": m.topic, "body": json.loads(m.payload)})
    client.connect(host, int(port), keepalive=30)
    client.loop_start()
    for line in sys.stdin:
        order = json.loads(line)
        if "publish" in order:
            body = order["body"] if isinstance(order["body"], str) else json.dumps(order["body"])
            told = client.publish(order["publish"], body, qos=order.get("qos", 1))
            tell("sent", number=told.mid)
        if "subscribe" in order:
            client.subscribe(order["subscribe"], qos=1)
        if order.get("close"):
            client.disconnect()


if __name__ == "__main__":
    main(*sys.argv[1:])
