# SPDX-License-Identifier: ISC
"""A browser that tests drive: Chromium by its debugging protocol over two pipes, so that no library is needed."""
import base64
import json
import os
import subprocess

from harness import PATIENCE, wait_for
from test_page import FLAGS


class Left(Exception):
    """The page was left while it was asked."""


class Browser:
    def __init__(self, folder, *options):
        to_browser, self.out = os.pipe()
        self.input, from_browser = os.pipe()

        def pipes():
            os.dup2(to_browser, 103)
            os.dup2(from_browser, 104)
            os.dup2(103, 3)
            os.dup2(104, 4)

        self.process = subprocess.Popen(
            ["chromium", *FLAGS, "--remote-debugging-pipe", "--user-data-dir=%s" % (folder / "driven"), *options, "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=pipes)
        os.close(to_browser)
        os.close(from_browser)
        self.last, self.rest, self.session, self.complaints = 0, b"", None, []
        targets = self.send("Target.getTargets")["targetInfos"]
        page = next(t["targetId"] for t in targets if t["type"] == "page")
        self.session = self.send("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.send(domain + ".enable")

    def read(self):
        while b"\0" not in self.rest:
            piece = os.read(self.input, 1 << 20)
            assert piece, "the browser has ended"
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def send(self, method, **params):
        """Sends a command and returns its result; notes what the page complains about meanwhile."""
        self.last += 1
        message = dict(id=self.last, method=method, params=params)
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.last:
                if "navigated" in answer.get("error", {}).get("message", ""):
                    raise Left()
                assert "error" not in answer, answer
                return answer["result"]
            if answer.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(answer["params"]["exceptionDetails"]["text"])
            elif answer.get("method") == "Log.entryAdded":
                self.complaints.append(answer["params"]["entry"]["text"])
            elif answer.get("method") == "Runtime.consoleAPICalled":
                self.complaints.append(json.dumps(answer["params"]["args"]))

    def run(self, script):
        """The value of an expression on the page."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def open(self, url):
        # the page before may have an address that begins alike
        self.run("window.left = true")
        self.send("Page.navigate", url=url)
        self.settle(url)

    def pretend(self, dark=False, forced=False, script=True):
        """The reader's preferences, for pages that are opened next."""
        self.send("Emulation.setEmulatedMedia", features=[
            dict(name="prefers-color-scheme", value="dark" if dark else "light"),
            dict(name="forced-colors", value="active" if forced else "none")])
        self.send("Emulation.setScriptExecutionDisabled", value=not script)

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, text=key if kind == "keyDown" else "")

    def pdf(self):
        return base64.b64decode(self.send("Page.printToPDF", preferCSSPageSize=True)["data"])

    def click(self, selector, url):
        """Clicks on the first such element, and waits for another page, at that address."""
        try:
            assert self.run("(e => e && (window.left = true, e.click(), true))(document.querySelector(%s))" % json.dumps(selector)), selector
        except Left:
            pass
        self.settle(url)

    def is_at(self, url):
        try:
            return self.run("!window.left && document.readyState === 'complete' && location.href.startsWith(%s)" % json.dumps(url))
        except Left:
            return False

    def settle(self, url):
        """Waits until the page at that address, or one that begins with it, is there."""
        wait_for(lambda: self.is_at(url), "the page " + url, PATIENCE * 3)

    def resize(self, width, height=900):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        os.close(self.out)
        os.close(self.input)
