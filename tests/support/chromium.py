# SPDX-License-Identifier: GPL-3.0-or-later
"""A page in a headless Chromium, asked through the DevTools protocol, which it speaks on two pipes: no port, no
WebSocket."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

from tap import DEADLINE

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


class Chromium:
    def __init__(self):
        self.profile = tempfile.mkdtemp()
        to_read, self.to = os.pipe()
        self.back, back_write = os.pipe()
        arguments = ["--headless", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run", "--disable-extensions",
                     "--disable-background-networking", "--user-data-dir=" + self.profile]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")

        def place():  # the browser reads from 3 and writes to 4
            spare = os.dup(back_write)
            os.dup2(to_read, 3)
            os.dup2(spare, 4)

        self.process = subprocess.Popen([PROGRAM, *arguments], pass_fds=(3, 4), preexec_fn=place, env=dict(os.environ, TMPDIR=self.profile),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(back_write)
        self.rest = b""
        self.serial = 0
        self.events = []
        self.session = None

    def start(self):
        """Opens an empty page; False where the browser does not run here."""
        try:
            target = self.call("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        except (OSError, EOFError, TimeoutError):
            return False
        for domain in ("Page", "Runtime", "Log", "Network", "DOM", "Accessibility"):
            self.call(domain + ".enable")
        return True

    def _message(self, end):
        while b"\0" not in self.rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.back], [], [], left)[0]:
                raise TimeoutError
            data = os.read(self.back, 1 << 16)
            if not data:
                raise EOFError
            self.rest += data
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        end = time.monotonic() + DEADLINE
        self.serial += 1
        message = {"id": self.serial, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            message = self._message(end)
            if message.get("id") == self.serial:
                if "error" in message:
                    raise ValueError("%s: %s" % (method, message["error"]))
                return message["result"]
            self.events.append(message)

    def open(self, url):
        """Loads a page; gives what happened meanwhile, by the name of the event."""
        self.events = []
        self.call("Page.navigate", url=url)
        end = time.monotonic() + DEADLINE
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._message(end))
        return [(event["method"], event["params"]) for event in self.events]

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def emulate(self, width=1280, height=900, scheme="light", media=""):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path, **clip):
        """`clip`: x, y, width, height of a part of the page."""
        parameters = {"clip": dict(clip, scale=1)} if clip else {}
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True, **parameters)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def pdf(self):
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True)["data"])

    def tree(self):
        """The accessibility tree: (role, name) of each node that is not ignored."""
        return [(node["role"]["value"], node.get("name", {}).get("value", ""))
                for node in self.call("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.to)
        os.close(self.back)
        shutil.rmtree(self.profile, ignore_errors=True)
