"""Tests of the parts of real_traffic that no run of some seconds shows. RealTrafficTest calls them."""

import contextlib
import os
import socket
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

from real_traffic import clients, group, house, measuring, proxies, report, rows, servers
from real_traffic.house import Trouble


@contextlib.contextmanager
def server(answer):
    """Takes connections and calls answer with each; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # which wakes it
            thread.join(10)


def nobodys_port():
    """One that refuses as long as this test has it: bound, and not listening."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    return bound, bound.getsockname()[1]


def closes(connection):
    connection.recv(64)


def resets(connection):
    connection.recv(64)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


class Programs(unittest.TestCase):
    def setUp(self):
        self.folder = Path(_temporary(self))

    def test_a_folder_is_no_program(self):
        with self.assertRaisesRegex(Trouble, f"^{self.folder}: Permission denied$"):
            house.version(str(self.folder), "-v")

    def test_words_are_no_program(self):
        words = self.folder / "words"
        words.write_text("only words\n")
        words.chmod(0o755)
        with self.assertRaisesRegex(Trouble, f"^{words}: Exec format error$"):
            house.version(str(words), "-v")

    def test_a_program_says_its_version(self):
        self.assertEqual("-v", house.version("/bin/echo", "-v"))

    def test_one_that_hangs(self):
        with self.assertRaisesRegex(Trouble, "^/bin/sleep still ran after 0 s$"):
            house.said(["/bin/sleep", "60"], 0.1)

    def checkout(self):
        launcher = self.folder / "sluice"
        launcher.write_text("#!/bin/sh\necho ${SLUICE_BUILD-builds}\n")
        launcher.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(self.folder, house.NOBODY, house.NOBODY)
        self.use(mock.patch.dict(os.environ))
        os.environ.pop("SLUICE_BUILD", None)
        return self.folder

    def use(self, patch):
        patch.start()
        self.addCleanup(patch.stop)

    def test_root_builds_nothing_in_the_checkout_of_another_user(self):
        checkout = self.checkout()
        self.use(mock.patch("os.geteuid", return_value=0))
        with self.assertRaisesRegex(Trouble, "is not built, and root builds nothing"):
            proxies.build_sluice(checkout)
        (checkout / "proxy-cli/target/dist").mkdir(parents=True)
        (checkout / "proxy-cli/target/dist/complete").touch()
        self.assertEqual("never", proxies.build_sluice(checkout))

    def test_its_owner_does(self):
        checkout = self.checkout()
        self.use(mock.patch("os.geteuid", return_value=1000))
        self.assertEqual("builds", proxies.build_sluice(checkout))


class Starts(unittest.TestCase):
    def ready_after(self, failures):
        said = [*([Trouble("starting up")] * failures), ""]
        program = mock.patch.object(servers, "postgres_program", return_value="pg_isready")
        with program, mock.patch.object(servers, "output", side_effect=said) as output:
            servers.Postgres.await_ready(1)
            return output.call_count

    def test_postgres_is_asked_until_it_lets_somebody_in(self):
        self.assertEqual(3, self.ready_after(2))

    def test_but_not_for_ever(self):
        with mock.patch.object(servers, "START_S", 0), self.assertRaisesRegex(Trouble, "^postgres lets nobody in after 0 s$"):
            self.ready_after(2)


class Loads(unittest.TestCase):
    LOADS = (clients.connections, clients.paced(10), clients.paced(1000))

    def test_nobody_there(self):
        bound, port = nobodys_port()
        with bound:
            for load in (*self.LOADS, clients.paced(0)):
                with self.assertRaisesRegex(Trouble, "^a connection failed: Connection refused$"):
                    load(port, 1)

    def test_a_reset(self):
        with server(resets) as port:
            for load in self.LOADS:
                with self.assertRaisesRegex(Trouble, "^a connection failed: Connection reset by peer$"):
                    load(port, 1)

    def test_an_end(self):
        with server(closes) as port:
            for load in self.LOADS:
                with self.assertRaisesRegex(Trouble, "^a connection was closed$"):
                    load(port, 1)

    def test_silence(self):
        with mock.patch.object(clients, "PATIENCE_S", 0.1), server(lambda connection: connection.recv(64) and connection.recv(64)) as port:
            with self.assertRaisesRegex(Trouble, "^a connection failed: timed out$"):
                clients.paced(10)(port, 1)

    def wrk(self, said):
        with mock.patch.object(clients, "needs", return_value="wrk"), mock.patch.object(clients, "output", return_value=said):
            return clients.wrk()(1, 1)

    def test_wrk_that_says_nothing(self):
        with self.assertRaisesRegex(Trouble, "^wrk says nothing like '50%"):
            self.wrk("Running 1s test\n  12 requests in 1.00s, 3KB read\nRequests/sec:  12.00\n")

    def test_wrk_and_its_units(self):
        for said, expected in (("950.00us", 950), ("1.50ms", 1500), ("2.00s", 2e6), ("1.20m", 72e6)):
            found = self.wrk(f"     50%  {said}\n  12 requests in 1.00s, 3KB read\n  Non-2xx or 3xx responses: 7\nRequests/sec:  12.00\n")
            self.assertAlmostEqual(expected, found.latency_us)
            self.assertEqual(7, found.errors)


class Rounds(unittest.TestCase):
    def test_each_is_first_and_behind_others(self):
        for targets in (list("ab"), list("abc"), list("abcd"), list("abcde")):
            rounds = [measuring.order(targets, number) for number in range(2 * len(targets))]
            for one in rounds:
                self.assertEqual(targets, sorted(one))
            for place in (0, -1):
                self.assertEqual(sorted(2 * targets), sorted(one[place] for one in rounds))
            if len(targets) > 2:
                for target in targets:
                    behind = {one[one.index(target) - 1] for one in rounds if one[0] != target}
                    self.assertGreater(len(behind), 1, rounds)

    def test_of_nobody(self):
        self.assertEqual([], measuring.order([], 3))

    def test_few_errors_are_shown(self):
        def text(*errors):
            rounds = [{"sluice": {"rate": 1.0, "errors": each, "others_cpu": 0.0}} for each in errors]
            return report.RowReport(rows.ALL[0], rounds, ["sluice"], ["sluice"], [], 1).text()

        self.assertRegex(text(0, 3, 0, 0, 1), r"(?s)per s +errors, sum\nsluice +1 +4$")
        self.assertNotRegex(text(0, 0, 0), r" errors")


class Groups(unittest.TestCase):
    """Of version 2, as files in a folder."""

    def controlled(self, before):
        folder = Path(_temporary(self))
        control = folder / "cgroup.subtree_control"
        control.write_text(before)
        with mock.patch.object(group, "_mount", return_value=(folder, 2)), house.House(1024) as one:
            made = group.Group(one, "test", 0.5)
            quota = folder / f"{one.folder.name}-test/cpu.max"
            self.assertEqual("50000 100000", quota.read_text())
            quota.unlink()  # which a folder of the kernel's needs not
            self.assertTrue(made)
        self.assertEqual([control], list(folder.iterdir()))
        return control.read_text()

    def test_the_controller_is_switched_off_again(self):
        self.assertEqual("-cpu", self.controlled("memory pids\n"))

    def test_one_that_was_on_stays_on(self):
        self.assertEqual("cpu memory\n", self.controlled("cpu memory\n"))


def _temporary(test):
    folder = tempfile.TemporaryDirectory()
    test.addCleanup(folder.cleanup)
    return folder.name


if __name__ == "__main__":
    unittest.main()
