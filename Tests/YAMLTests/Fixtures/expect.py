#!/usr/bin/env python3
"""Writes beside every *.yaml of this folder the JSON that PyYAML's safe_load gives for it.

Run it after adding a document; the files are checked in, the tests need no Python.
Last run with PyYAML 6.0.3. Text is read with universal newlines, as LiteLLM does.
"""
import json
import pathlib

import yaml


def named(value):
    """Keys as JSON has them, so that the order does not depend on their types."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(key): named(item) for key, item in value.items()}
    if isinstance(value, list):
        return [named(item) for item in value]
    return value


for source in sorted(pathlib.Path(__file__).parent.glob("*.yaml")):
    value = yaml.safe_load(source.read_text(encoding="utf-8"))
    text = json.dumps(named(value), indent=2, sort_keys=True, ensure_ascii=False)
    source.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
