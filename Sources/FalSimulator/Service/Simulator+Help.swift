extension Simulator {
    /// `GET /_simulator`: the routes, and all that a rule can say.
    static let help = """
        falgate simulate: a stand-in for fal.

        fal's queue is at / and /queue.fal.run, its synchronous host at /fal.run, its CDN at /files, its
        OpenAPI documents at /api/openapi/queue/openapi.json, its price list at /v1/models/pricing.
        A submit may carry ?fal_webhook=; the keys of the webhooks are at /rest.fal.ai/.well-known/jwks.json.
        A key is id:secret, `Authorization: Key id:secret`.

        PUT    /_simulator/plan        replace the rules: {"rules": [{"match": {...}, "times": 2, ...}]}
        POST   /_simulator/plan        put rules (or one rule) before those that are there
        DELETE /_simulator/plan        forget the rules
        GET    /_simulator/plan        how often each rule was met
        POST   /_simulator/keys        {"key": "id:secret", "state": "usable", "runners": 2}; states: usable,
                                       unknown, invalid, locked, locked_on_every (with "every": 3), shut_out
        POST   /_simulator/release     let held jobs go on: {"request_id": "..."} or {"endpoint": "...", "count": 1}
        POST   /_simulator/clock       {"advance": 1.5} stops the time and moves it on
        POST   /_simulator/reset       forget jobs, rules, requests, bills and keys
        GET    /_simulator/requests    ?route=submit&method=POST&request_id=...&after=17&limit=100
        GET    /_simulator/bills       ?request_id=...&key=...&endpoint=...&limit=100
        GET    /_simulator/webhooks    ?request_id=...: every attempt at a delivery, with status or failure
        GET    /_simulator/jobs        those not forgotten, with state and times
        GET    /_simulator/violations  what a client of fal must never do, as sending a key to the CDN
        GET    /_simulator/stats       counts by route, status and state
        GET    /_simulator/wait        ?route=cancel&count=1&seconds=5 answers when so many have come in, or 408;
                                       route=webhook counts attempts at deliveries

        The first rule that fits a submit decides about its job. Everything in a rule can be left out:

        {
          "match": {"endpoint": "fal-ai/flux/dev", "prompt": "part of it", "key": "id:secret"},
          "times": 2,                     for so many submits; always when left out
          "queue": 0.5,                   seconds, {"seconds": [1, 2]}, {"polls": 3}, "hold" or "usual"
          "run": "hold",                  the same
          "position": 4,                  counts down while the queue time passes
          "requeue": 1,                   times it goes from IN_PROGRESS back to IN_QUEUE
          "outcome": "ok",                or "black", or one of
                     {"error": "request_timeout"}             fal's name of a platform or model error,
                                                              with "entries": 3, "form": "list" | "pydantic1" | "text"
                     {"status": 500, "body": "...", "content_type": "text/html", "headers": {}, "message": "",
                      "error_type": ""}                       both with "units": "1" billed all the same, and
                                                              "silent": true to leave the status without error
          "output": {"images": 3, "width": 64, "height": 64, "format": "png", "padding": 8000000,
                     "sync_mode": "honoured" | "ignored" | "forced", "content_type": "text/html",
                     "image_origin": "http://elsewhere:80", "merge": {"seed": 1}, "remove": ["timings"]},
          "billing": {"units": "0.5", "header": "as_billed" | "missing" | "7"},
          "cancel": {"queued": "removed" | "completed", "running": "goes_on" | "stops",
                     "answer": "accepted" | "ok" | "success"},
          "request_id": "uuid7" | "uuid4" | "long" | "unusual" | "duplicate" | {"exactly": "..."},
          "urls": "short" | "full" | "response" | "relative" | "missing" | "null" | {"origin": "http://evil.test"},
          "application": "known" | "missing" | "no_such_path" | "private",
          "validation": "model" | "off",
          "webhook": {"signature": "valid" | "wrong" | "unknown_key" | "missing", "timestamp": -600,
                      "deliveries": 2,    0: it never comes
                      "delay": 0.2, "payload": "whole" | "lost", "timeout": 15,
                      "retries": [0.1, 0.2]},  seconds before each further attempt; ten in two hours if left out
          "faults": [{"on": "status",     submit, status, stream, result, cancel, image or run
                      "nth": 2,           the first visit that meets it, and
                      "count": 1,         how many do: a number or "all"
                      "delay": 0.2,
                      "answer": "nginx_502",                  or not_found, still_in_progress, unauthorized,
                                                              locked, queue_full, concurrent_requests_limit,
                                                              internal_error, nginx_503, nginx_504
                      "status": 500, "body": {}, "content_type": "text/plain", "headers": {},
                      "merge": {"status": "THINKING"}, "remove": ["logs"],
                      "accepts": true,                        a submit that fails leaves a job behind
                      "transport": "hang" | "drop" | {"truncate": 20} | {"stall": 20, "seconds": 5}
                                 | {"pieces": 1, "seconds": 0.01}}]
        }

        """
}
