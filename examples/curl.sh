#!/bin/sh
# Writes two profiles, a group and events, queries them, reads the next page, and asks who did what.
set -eu
: "${WHOM_URL:=http://127.0.0.1:8274}"
: "${WHOM_PROJECT_ID:?}" "${WHOM_TOKEN:?}" "${WHOM_USERNAME:?}" "${WHOM_SECRET:?}"

echo "Write two profiles:"
curl -sS "$WHOM_URL/engage?verbose=1" -H 'content-type: application/json' -d @- <<JSON
[
  {"\$token": "$WHOM_TOKEN", "\$distinct_id": "ada", "\$set": {"plan": "premium", "seats": 3}},
  {"\$token": "$WHOM_TOKEN", "\$distinct_id": "bo", "\$set": {"plan": "free", "tags": ["beta"]}}
]
JSON

printf '\n\nCount up and add to a list:\n'
curl -sS "$WHOM_URL/engage?verbose=1" -H 'content-type: application/json' \
  -d "[{\"\$token\": \"$WHOM_TOKEN\", \"\$distinct_id\": \"bo\", \"\$add\": {\"logins\": 1}, \"\$union\": {\"tags\": [\"new\"]}}]"

printf '\n\nWrite a group:\n'
curl -sS "$WHOM_URL/groups?verbose=1" -H 'content-type: application/json' \
  -d "[{\"\$token\": \"$WHOM_TOKEN\", \"\$group_key\": \"company_id\", \"\$group_id\": \"acme\", \"\$set\": {\"employees\": 40}}]"

printf '\n\nWrite events:\n'
now="$(date +%s)"
curl -sS -u "$WHOM_TOKEN:" "$WHOM_URL/import?strict=1" -H 'content-type: application/json' -d @- <<JSON
[
  {"event": "Purchase", "properties": {"time": $now, "distinct_id": "ada", "\$insert_id": "order-1", "amount": 40}},
  {"event": "Purchase", "properties": {"time": $now, "distinct_id": "ada", "\$insert_id": "order-2", "amount": 9}}
]
JSON

query() {
  curl -sS -u "$WHOM_USERNAME:$WHOM_SECRET" "$WHOM_URL/api/query/engage?project_id=$WHOM_PROJECT_ID" "$@"
}

printf '\n\nQuery:\n'
query --data-urlencode 'where=properties["plan"] == "premium" and properties["seats"] > 2'

printf '\n\nRead two pages of one session:\n'
first="$(query -d page_size=1)"
echo "$first"
session="$(printf '%s' "$first" | sed -n 's/.*"session_id":"\([^"]*\)".*/\1/p')"
query -d page=1 -d "session_id=$session"

printf '\n\nWho bought twice within 30 days:\n'
query --data-urlencode 'where=behaviors["bought"] >= 2' \
  --data-urlencode 'behaviors=[{"name": "bought", "window": "30d", "event_selectors": [{"event": "Purchase"}]}]'

printf '\n\nQuery the groups:\n'
query -d data_group_id=company_id
echo
