"""Twilio's own library for Python in the benchmark; the arguments are those of floor.c, and so is what it prints."""
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

work, origin, flow_sid, count, in_flight = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[5]), int(sys.argv[6])
extra = sys.argv[7] if len(sys.argv) > 7 else None
with open(sys.argv[4], encoding="ascii") as file:
    sids = file.read(count * 34)


class CannedServer(TwilioHttpClient):
    """The library's HTTP client; requests go to the canned server."""

    def request(self, method, url, *args, **kwargs):
        return super().request(method, re.sub(r"^https://[^/]*", origin, url), *args, **kwargs)


client = Client("AC0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef", http_client=CannedServer())


def sid(number):
    return sids[(number - 1) * 34:number * 34]


def engagement(number):
    return client.studio.v1.flows(flow_sid).engagements(sid(number))


def fetch():
    for number in range(1, count + 1):
        engagement(number).fetch()


def pages():
    seen = 0
    for record in client.studio.v1.flows(flow_sid).engagements.stream(page_size=int(extra)):
        if record.sid:
            seen += 1
    assert seen == count, "records are missing"


def create():
    executions = client.studio.v2.flows(flow_sid).executions

    def call(number):
        return executions.create(to=f"+1555{number:07}", from_="+15017122661", parameters={"order": sid(number)})

    with ThreadPoolExecutor(in_flight) as pool:
        list(pool.map(call, range(1, count + 1)))


if work == "pages" or (work == "fetch" and count > 1):
    engagement(1).fetch()
cpu, wall = time.process_time(), time.monotonic()
{"fetch": fetch, "pages": pages, "create": create}[work]()
cpu, wall = time.process_time() - cpu, time.monotonic() - wall
with open("/proc/self/status") as status:
    peak = re.search(r"VmHWM:\s*(\d+)", status.read()).group(1)
print("%.3f %.3f %s %.3f" % (cpu * 1e6 / count, wall * 1e6 / count, peak, time.process_time() * 1e6 / count))
