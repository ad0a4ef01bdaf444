"""Reads every page of a query, later pages in parallel, and prints the profiles as NDJSON.

Run: python3 examples/query.py 'properties["plan"] == "premium"'
"""

import base64
import json
import math
import os
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor

SERVER = os.environ.get("WHOM_URL", "http://127.0.0.1:8274")
LOGIN = base64.b64encode(
    f"{os.environ['WHOM_USERNAME']}:{os.environ['WHOM_SECRET']}".encode()
).decode()


def ask(**parameters):
    body = {"project_id": os.environ["WHOM_PROJECT_ID"], **parameters}
    request = urllib.request.Request(
        f"{SERVER}/api/query/engage",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Basic {LOGIN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def profiles(where):
    """The profiles of a query. The session keeps the pages exact in any order."""
    first = ask(where=where, page_size=1000)
    yield from first["results"]
    pages = range(1, math.ceil(first["total"] / first["page_size"]))
    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = pool.map(
            lambda page: ask(where=where, page=page, session_id=first["session_id"]), pages
        )
        for answer in answers:
            yield from answer["results"]


if __name__ == "__main__":
    for profile in profiles(sys.argv[1] if len(sys.argv) > 1 else ""):
        print(json.dumps(profile, ensure_ascii=False))
