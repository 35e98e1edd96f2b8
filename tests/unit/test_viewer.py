"""The viewer of the planes, run outside a browser on a page that is just enough for it."""

import json
import shutil
import subprocess

import pytest

from nubounds.code.sources import PACKAGE

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no node is installed: the viewer is not run outside a browser")

PAGE = """
globalThis.innerWidth = 1200;
class Element {
  constructor() { this.children = []; this.childNodes = []; this.style = {}; }
  setAttribute() {}
  addEventListener() {}
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) { this.children = children; }
  remove() {}
}
const root = new Element();
globalThis.document = {
  getElementById: () => ({ textContent: JSON.stringify(PLANES_OF_THE_TEST) }),
  createElement: () => new Element(),
  createElementNS: () => new Element(),
  querySelectorAll: () => [root],
};
"""
ASK = """
const shown = root.viewer.csv().split('\\n').filter(line => line && line[0] !== '#').slice(1);
console.log(JSON.stringify(shown.map(line => line.split(',')[0])));
"""


@pytest.mark.parametrize("label", ["constructor", "__proto__", "toString", "hasOwnProperty", "COHERENT"])
def test_any_word_can_be_a_label(label):
    curve = {
        "label": label,
        "html": label,
        "family": label,
        "variant": False,
        "group": "yours",
        "side": "upper",
        "region": "",
        "excludes": True,
    }
    curve |= {"level": "", "said": "", "columns": "", "x": [1, 10], "y": [1e-3, 1e-4], "bands": []}
    axes = {name: {"name": name, "label": name, "words": name, "range": [1e-6, 1e3], "columns": {}} for name in "xy"}
    plane = {"name": "p", "title": "p", "convention": "", "curves": [curve, curve], **axes}
    viewer = [(PACKAGE / "report" / name).read_text(encoding="utf-8") for name in ("bands.js", "viewer.js")]
    script = PAGE.replace("PLANES_OF_THE_TEST", json.dumps([plane])) + "".join(viewer) + ASK
    done = subprocess.run([NODE, "-e", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [f'"{label}"'] * 4
