"""What it takes at rest, and with large images on their way."""

import base64
import os
import statistics
import subprocess
import time

from contestants import body
from report import KIB, MB, Table


def idle(stage, options):
    """Memory before the first request, the size of the binary, the time from start to first answer."""
    stripped = stage.directory / "stripped"
    subprocess.run(["strip", "-o", stripped, stage.falgate_binary], check=True)
    starts, resident = [], []
    whole, stage.falgate_binary = stage.falgate_binary, stripped
    for _ in range(2 if options.smoke else 10):
        start = time.monotonic()
        with stage.falgate() as falgate:
            stage.call(falgate, 1, 1)
            starts.append((time.monotonic() - start) * 1e3)
        with stage.falgate(workers=2) as falgate:
            resident.append(falgate.resident() / (KIB * KIB))
    stage.falgate_binary = whole
    table = Table("at rest", "measured")
    table.row("resident memory before the first request, two loops", f"{statistics.median(resident):.1f} MiB")
    table.row("binary, stripped", f"{stripped.stat().st_size / MB:.1f} MB")
    table.row("start of the process to the first image request answered", f"{statistics.median(starts):.0f} ms")
    return table


def relay(stage, options):
    """Images of 8 MB on their way from fal to a client who wants base64."""
    size, count = 8 * MB, 4 if options.smoke else 60
    files = stage.directory / "files"
    files.mkdir(exist_ok=True)
    image = b"\x89PNG\r\n\x1a\n" + os.urandom(size - 8)
    (files / "large.png").write_bytes(image)
    inline = b'{"images":[{"url":"data:image/png;base64,' + base64.b64encode(image)
    (stage.directory / "inline.json").write_bytes(inline + b'","width":2048,"height":2048,"content_type":"image/png"}]}')
    table = Table("image of 8 MB as b64_json", "MB/s of image", "MB a CPU second", "held for one, times its bytes", "for each of 8")
    for name, model, general in (
        ("from fal's CDN", "large", ""), ("inside fal's result (result_ttl: 0)", "inline", "  result_ttl: 0\n")
    ):
        text = body(model, prompt="large", size=None, response_format="b64_json")
        held = []
        for connections in 1, 8:
            with stage.falgate(general=general) as falgate:
                stage.call(falgate, 1, 20, body())
                floor = falgate.resident()
                falgate.forget_peak()
                stage.call(falgate, connections, connections * 2, text)
                held.append((falgate.peak() - floor) / connections / size)
        rates, costs = [], []
        with stage.falgate(general=general) as falgate:
            stage.call(falgate, 2, 4, text)
            for _ in range(1 if options.smoke else 3):
                before = falgate.cpu()
                told = stage.call(falgate, 2, count, text)
                rates.append(count * size / MB / told[0])
                costs.append(count * size / MB / (falgate.cpu() - before))
        table.row(name, f"{statistics.median(rates):.0f}", f"{statistics.median(costs):.0f}", *(f"{x:.2f}" for x in held))
    return table
