"""A real browser for tests: a headless chromium with one page, driven through its DevTools pipe."""

import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
]
# axe-core looks for what keeps people out; `npm install axe-core` in the project, or the path of an axe.min.js.
AXE = Path(os.environ.get("NUBOUNDS_AXE", Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js"))


class Browser:
    """A headless chromium with one page; `errors` collects what it complains about, `requests` what it asks for."""

    def __init__(self, profile):
        self.sent, self.buffer, self.errors, self.requests, self.events = 0, b"", [], [], []
        # The browser reads its commands from descriptor 3 and answers on 4; ours lie out of the way.
        command_out, command_in = (fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in os.pipe())
        answer_out, answer_in = (fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in os.pipe())

        def descriptors():
            os.dup2(command_out, 3)
            os.dup2(answer_in, 4)

        self.process = subprocess.Popen(
            [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=descriptors,
            pass_fds=(3, 4),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(command_out)
        os.close(answer_in)
        self.write_to, self.read_from, self.session = command_in, answer_out, None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def _message(self, timeout=20.0):
        end = time.monotonic() + timeout
        while b"\0" not in self.buffer:
            assert select.select([self.read_from], [], [], max(end - time.monotonic(), 0))[0], (
                "the browser does not answer"
            )
            data = os.read(self.read_from, 1 << 20)
            assert data, "the browser has ended"
            self.buffer += data
        text, _, self.buffer = self.buffer.partition(b"\0")
        message = json.loads(text)
        method, said = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.errors.append(said["exceptionDetails"]["text"] + str(said["exceptionDetails"].get("exception", "")))
        elif method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
            self.errors.append(str(said["args"]))
        elif method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.errors.append(said["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        if method:
            self.events.append(method)
        return message

    def call(self, method, **params):
        """Send a command and wait for its answer."""
        self.sent += 1
        request = {"id": self.sent, "method": method, "params": params} | (
            {"sessionId": self.session} if self.session else {}
        )
        os.write(self.write_to, json.dumps(request).encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") == self.sent:
                assert "error" not in message, message
                return message["result"]

    def open(self, path, width=1200, height=900):
        """Open a file in a window of this size."""
        self.errors.clear()
        self.requests.clear()
        self.events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Page.navigate", url=path.as_uri())
        self._wait_for_the_page()

    def follow(self, selector):
        """Click a link and wait for the page that it leads to."""
        self.events.clear()
        self.ask(f"document.querySelector({selector!r}).click()")
        self._wait_for_the_page()

    def _wait_for_the_page(self):
        while "Page.loadEventFired" not in self.events:
            self._message()

    def ask(self, script):
        """Value of a JavaScript expression."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        os.close(self.write_to)
        os.close(self.read_from)
