"""The spend log: what a row has of what callers said, and which rows a query gives."""

import datetime
import hashlib
import uuid

from conftest import MASTER_KEY

GENERATIONS = "/v1/images/generations"


def generate(http, script, headers=None, **body):
    """A request that is recorded; gives its id."""
    answer = http.post(GENERATIONS, json={"model": "imagen4", "prompt": script.plan(), **body}, headers=headers or {})
    assert answer.status_code == 200, answer.text
    return answer.headers["x-falgate-request-id"]


def rows(http, **query):
    answer = http.get("/spend/logs", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_request_is_found_by_its_id_and_nothing_else_stops_the_gateway(http, script):
    request = generate(http, script)
    assert [row["request_id"] for row in rows(http, request_id=request)] == [request]
    # As long as an id, and read as one it would be the last instant there is.
    assert rows(http, request_id="7ffffffffffffff-f-a-a-aaaaaaaaaaaaaa") == []
    assert rows(http, request_id="ffffffff-ffff-7fff-bfff-ffffffffffff") == []
    assert len(rows(http, request_id=request)) == 1


def test_a_day_ends_with_the_next_and_a_point_in_time_with_itself(http, script):
    request = generate(http, script)
    now = datetime.datetime.now(datetime.timezone.utc)
    (row,) = rows(http, request_id=request, end_date=now.strftime("%Y-%m-%d"))
    assert rows(http, request_id=request, end_date=row["startTime"]) == []


def test_labels_are_cut_however_few_characters_they_are(http, script):
    grapheme = "a" + "\u0301" * 100_000
    answer = http.post(GENERATIONS, json={"model": grapheme, "prompt": "x"})
    assert answer.status_code == 404
    assert sum(len(value) for _, value in answer.headers.raw) < 4096
    (row,) = rows(http, request_id=answer.headers["x-falgate-request-id"])
    assert row["model_group"] == "a" + "\u0301" * 127
    (row,) = rows(http, request_id=generate(http, script, user=grapheme, tags=[grapheme, "short"]))
    assert row["end_user"] == "a" + "\u0301" * 127
    assert row["request_tags"] == ["a" + "\u0301" * 127, "short"]


def test_tags_of_the_header_keep_their_inner_blanks(http, script):
    (row,) = rows(http, request_id=generate(http, script, headers={"x-litellm-tags": "my team ,b,  c d"}))
    assert row["request_tags"] == ["my team", "b", "c d"]


def test_rows_of_a_user_and_of_a_key_are_theirs_alone(http, script):
    user = str(uuid.uuid4())
    request = generate(http, script, user=user)
    generate(http, script)
    assert [row["request_id"] for row in rows(http, user_id=user)] == [request]
    assert rows(http, user_id=str(uuid.uuid4())) == []
    for key in (MASTER_KEY, hashlib.sha256(MASTER_KEY.encode()).hexdigest()):
        assert [row["request_id"] for row in rows(http, user_id=user, api_key=key)] == [request]
    assert rows(http, user_id=user, api_key="sk-another") == []


def test_two_dates_give_the_sums_of_each_day(http, script):
    user = str(uuid.uuid4())
    for _ in range(2):
        generate(http, script, user=user)
    day = rows(http, user_id=user)[0]["startTime"][:10]
    days = rows(http, user_id=user, start_date="2020-01-01", end_date="2099-12-31")
    # Two, where midnight has come between them.
    assert sum(one["spend"] for one in days) == 0.1
    assert days[-1]["startTime"] == day
    total = days[-1]["spend"]
    assert days[-1] == {
        "startTime": day, "spend": total, "users": {user: total}, "models": {"fal_ai/fal-ai/imagen4/preview": total},
        hashlib.sha256(MASTER_KEY.encode()).hexdigest(): total,
    }
    assert len(rows(http, user_id=user, start_date="2020-01-01", end_date="2099-12-31", summarize="false")) == 2
    assert http.get("/spend/logs", params={"summarize": "perhaps"}).status_code == 400
