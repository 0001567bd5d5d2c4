#!/usr/bin/env python3
"""Tests of `otasim serve`: test_serve.py OTASIM CERTS"""
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import unittest
from http.client import HTTPSConnection, IncompleteRead

OTASIM, CERTS = sys.argv[1:3]


class ServeTest(unittest.TestCase):
    def serve(self, name, *arguments):
        """Starts it; gives the port, and a function that ends it and gives what else it printed."""
        process = subprocess.Popen([OTASIM, "serve", name, "--port", "0", "--tls-port", "0", *arguments],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        head = [process.stdout.readline() for _ in range(5)]
        url = re.search(r"URL  https://localhost:(\d+)/fw.bin", "".join(head))
        self.assertTrue(url, head)
        ca = re.search(r"CA   (\S+)", "".join(head)).group(1)
        self.assertTrue(os.path.samefile(ca, os.path.join(CERTS, "root_ca.crt")))

        def end():
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 0, err)
            return out
        return process, int(url.group(1)), end

    def get(self, port, path):
        context = ssl.create_default_context(cafile=os.path.join(CERTS, "root_ca.crt"))
        connection = HTTPSConnection("localhost", port, context=context, timeout=30)
        self.addCleanup(connection.close)
        connection.request("GET", path, headers={"User-Agent": "board"})
        return connection.getresponse()

    def until_printed(self, process, text):
        line = process.stdout.readline()
        self.assertIn(text, line)

    def test_a_redirect_leads_to_this_server(self):
        process, port, end = self.serve("redirect/found-then-image")
        response = self.get(port, "/fw.bin")
        self.assertEqual(response.status, 302)
        self.assertEqual(response.headers["Location"], f"https://localhost:{port}/moved.bin")
        self.until_printed(process, "GET /fw.bin  -> 302  (board)")
        self.assertEqual(self.get(port, "/moved.bin").read(1), b"\xe9")
        self.until_printed(process, "GET /moved.bin  -> 200  (board)")
        end()

    def test_a_file_of_ones_own(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"x" * 100000)
            file.flush()
            process, port, end = self.serve("truncation/half-the-body", "--image", file.name)
            response = self.get(port, "/fw.bin")
            self.assertEqual(response.headers["Content-Length"], "100000")
            with self.assertRaises(IncompleteRead) as cut:
                response.read()
            self.assertEqual(cut.exception.partial, b"x" * 32768)
            self.until_printed(process, "GET /fw.bin  -> 200")
            end()

    def refused(self, *arguments, status):
        done = subprocess.run([OTASIM, "serve", *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_refusals(self):
        self.assertIn("which scenario", self.refused(status=2))
        self.assertIn("no scenario", self.refused("no/such", status=2))
        self.assertIn("it takes one of them", self.refused("redirect/*", status=2))
        self.assertIn("No such file", self.refused("image/good", "--image", "missing.bin", status=1))
        self.assertIn("--port", self.refused("image/good", "--port", "65536", status=2))
        self.assertIn("--host", self.refused("image/good", "--bind", "0.0.0.0", status=2))
        self.assertIn("otasim serve: server:",
                      self.refused("image/good", "--bind", "203.0.113.1", "--tls-port", "0", status=1))
        self.assertIn("usage: otasim serve", self.refused("--help", status=0))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
