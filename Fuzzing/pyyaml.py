#!/usr/bin/env python3
"""YAML against PyYAML: a document that falgate loads means what PyYAML's safe_load says it means.

Mutates the seeds, has the fuzzing build read the documents, and compares. What falgate refuses it may
refuse. Usage: pyyaml.py <fuzzing executable> <seconds>, from the repository's folder.
"""
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import yaml

BATCH = 2000
WORDS = [
    "- ", "? ", ": ", "\n", "\n  ", "\n\n", "---\n", "...\n", "%YAML 1.2\n", "<<: ", "&a ", "*a", "!!str ", "!!int ", "! ",
    "|\n", "|-\n", ">+2\n", ">\n", "{", "}", "[", "]", ", ", "'", "''", '"', "\\u00e9", "\\\n", "\\x41", "# ", " #", "~", "null",
    "true", "yes", "No", "on", "0x1F", "0o7", "010", "1_000", "1:30", ".inf", "-.inf", ".nan", "1e3", "1.5e+3", "+1", "-0", "1.",
    ".5", "2024-01-31", "=", "\r\n", "\t", "\u00e9", "\ufeff", "a", "b: c", ":", "-", "?", "@", "`", "%", ",", " ",
]


def named(value, collisions):
    """Keys as JSON has them; two keys of one name are counted."""
    if isinstance(value, dict):
        names = {}
        for key, item in value.items():
            name = key if isinstance(key, str) else json.dumps(key)
            collisions.append(name) if name in names else None
            names[name] = named(item, collisions)
        return names
    if isinstance(value, list):
        return [named(item, collisions) for item in value]
    return value


def same(left, right):
    """Equal, and of one type: 1 is not 1.0 and not true."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and math.isnan(left):
        return math.isnan(right)
    return left == right


def mutated(seeds):
    text = random.choice(seeds)
    for _ in range(random.choice([1, 1, 2, 3, 5, 8])):
        at = random.randint(0, len(text))
        lines = text.split("\n")
        line = random.randrange(len(lines))
        match random.randrange(8):
            case 0 | 1:
                text = text[:at] + random.choice(WORDS) + text[at:]
            case 2:
                text = text[:at] + text[at + random.randint(1, 3):]
            case 3:
                lines.insert(random.randrange(len(lines)), lines[line])
                text = "\n".join(lines)
            case 4:
                del lines[line]
                text = "\n".join(lines)
            case 5:
                indented = lines[line].lstrip(" ")
                lines[line] = " " * random.randint(0, 6) + indented
                text = "\n".join(lines)
            case 6:
                other = random.choice(seeds)
                text = text[:at] + other[random.randint(0, len(other)):][: random.randint(1, 60)] + text[at:]
            case 7:
                end = random.randint(at, len(text))
                text = text[:at] + random.choice(WORDS) + text[end:][: 400]
    return text[:2000]


def pyyaml(text):
    """The value, or an exception; what has no JSON (dates, sets, bytes) is a value like no other."""
    return yaml.safe_load(text.replace("\r\n", "\n").replace("\r", "\n"))


def main(executable, seconds):
    folders = [pathlib.Path("Fuzzing/Seeds/yaml"), pathlib.Path("Tests/YAMLTests/Fixtures")]
    files = [file for folder in folders for file in sorted(folder.iterdir()) if file.suffix in ("", ".yaml")]
    seeds = [text for text in (file.read_bytes().decode() for file in files) if len(text) < 2000]
    deadline = time.monotonic() + seconds
    compared = loaded = refused = 0
    seed = time.time_ns()
    random.seed(seed)
    while time.monotonic() < deadline:
        documents = [mutated(seeds) for _ in range(BATCH)]
        with tempfile.NamedTemporaryFile() as file:
            file.write("\0".join(documents).encode())
            file.flush()
            run = subprocess.run([executable, "yaml-reading", file.name], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # libFuzzer may read a file more than once.
        readings = run.stdout.decode().split("\0")[:-1][-BATCH:]
        if run.returncode != 0 or len(readings) != BATCH:
            sys.exit(f"{run.stderr[-4000:].decode(errors='replace')}\n{len(readings)} readings of {BATCH}, seed {seed}")
        for text, reading in zip(documents, readings):
            compared += 1
            if reading.startswith("refused: "):
                refused += 1
                continue
            loaded += 1
            collisions = []
            try:
                expected = named(pyyaml(text), collisions)
            except Exception as error:
                expected = error
            if not collisions and not same(json.loads(reading), expected):
                sys.exit(f"{text!r}\nfalgate: {json.loads(reading)!r}\nPyYAML:  {expected!r}")
    print(f"PyYAML         {compared:9} documents compared, {loaded} loaded alike, {refused} refused by falgate")


main(sys.argv[1], float(sys.argv[2]))
