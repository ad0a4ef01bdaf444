"""Writes profiles from standard input, one JSON object with an `id` a line, in batches.

Run: python3 examples/write.py < customers.ndjson
"""

import itertools
import json
import os
import sys
import urllib.request

SERVER = os.environ.get("WHOM_URL", "http://127.0.0.1:8274")
BATCH_RECORD_COUNT = 2000


def write(customers):
    """Writes customers. A 200 means that they are on disk, but for the records it names."""
    records = [
        {
            "$token": os.environ["WHOM_TOKEN"],
            "$distinct_id": customer["id"],
            "$set": {name: value for name, value in customer.items() if name != "id"},
        }
        for customer in customers
    ]
    request = urllib.request.Request(
        f"{SERVER}/engage?verbose=1&strict=1",
        data=json.dumps(records).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:
        answer = json.load(reply)
    for failed in answer.get("failed_records", []):
        print(f"{customers[failed['index']]['id']}: {failed['message']}", file=sys.stderr)


def parsed(lines):
    """The customers of lines; a line that is not JSON is reported and left out."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except ValueError:
            print(f"line {number}: not JSON", file=sys.stderr)


if __name__ == "__main__":
    rows = parsed(sys.stdin)
    while batch := list(itertools.islice(rows, BATCH_RECORD_COUNT)):
        write(batch)
