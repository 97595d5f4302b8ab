"""The other tools: fetched into one folder, each in a fixed version, and found there. What cannot be had is absent, with
a word on standard error. Nothing but the bench uses them, nothing is installed outside of the folder."""
import glob
import json
import os
import shutil
import subprocess
import sys

NPM = {"dbmate": "2.36.0", "better-sqlite3": "12.6.2", "knex": "3.3.0", "umzug": "3.8.3",
       "pg": "8.23.1"}
# In the version that the Debian release has. They are unpacked, not installed.
DEBIAN = {
    "sql-migrate": ["sql-migrate"],
    "alembic": ["python3-alembic", "python3-sqlalchemy", "python3-mako", "python3-markupsafe"],
    "psycopg2": ["python3-psycopg2"],
    "php": ["php8.2-cli", "php8.2-common", "php8.2-sqlite3"],
}


class Peers:
    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.modules = os.path.join(self.folder, "node_modules")

    # ---- fetching ----

    def fetch(self):
        os.makedirs(self.folder, exist_ok=True)
        if shutil.which("npm"):
            # optional: one that cannot be built leaves the others alone
            wanted = {"private": True, "optionalDependencies": NPM, "allowScripts": {"better-sqlite3": True}}
            self._once("npm", wanted, lambda: self._npm(wanted))
        if shutil.which("apt-get") and shutil.which("dpkg-deb"):
            for name, packages in DEBIAN.items():
                self._once(name, packages, lambda name=name, packages=packages: self._unpack(name, packages))

    def _once(self, name, wanted, work):
        """Does the work unless it was done for the very same wish; tried again the next time when it failed."""
        mark = os.path.join(self.folder, f"{name}.fetched")
        text = json.dumps(wanted)
        if os.path.exists(mark) and open(mark).read() == text:
            return
        print(f"tools/bench: fetching {name} into {self.folder}", file=sys.stderr)
        try:
            work()
        except (OSError, subprocess.CalledProcessError) as fault:
            print(f"tools/bench: {name} cannot be fetched, its rows will be absent: {fault}", file=sys.stderr)
            return
        with open(mark, "w") as file:
            file.write(text)

    def _npm(self, wanted):
        with open(os.path.join(self.folder, "package.json"), "w") as file:
            json.dump(wanted, file)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=self.folder, check=True,
                       stdout=sys.stderr)

    def _unpack(self, name, packages):
        place = os.path.join(self.folder, f"{name}.debian")
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
        subprocess.run(["apt-get", "download", "--quiet", *packages], cwd=place, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        for package in glob.glob(os.path.join(place, "*.deb")):
            subprocess.run(["dpkg-deb", "--extract", package, place], check=True)

    # ---- the beginning of each one's command line; None: absent ----

    def _runs(self, command, *trial):
        """The command, when it can be started here at all."""
        try:
            tried = subprocess.run(command + list(trial), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except OSError:
            return None
        return command if tried.returncode == 0 else None

    def _program(self, place, otherwise):
        found = glob.glob(os.path.join(self.folder, place))
        return found[0] if found else shutil.which(otherwise)

    def dbmate(self):
        program = self._program("node_modules/@dbmate/linux-*/bin/dbmate", "dbmate")
        return program and self._runs([program], "--version")

    def sql_migrate(self):
        program = self._program("sql-migrate.debian/usr/bin/sql-migrate", "sql-migrate")
        return program and self._runs([program], "--help")

    def sqitch(self):
        return self._runs(["sqitch"], "--version")

    def alembic(self, server=False):
        """server: with the driver for PostgreSQL."""
        wanted = ["alembic", "psycopg2"] if server else ["alembic"]
        modules = ":".join(os.path.join(self.folder, f"{name}.debian/usr/lib/python3/dist-packages") for name in wanted)
        python = ["env", f"PYTHONPATH={modules}", sys.executable]
        if server and not self._runs(python, "-c", "import psycopg2"):
            return None
        return self._runs(python + ["-m", "alembic.config"], "--version")

    def php(self):
        """With PDO and its driver for SQLite."""
        trial = ["-r", "new PDO('sqlite::memory:');"]
        program = self._program("php.debian/usr/bin/php8.2", "php8.2")
        for drivers in glob.glob(os.path.join(self.folder, "php.debian/usr/lib/php/2*")) if program else []:
            command = [program, "-n", "-d", f"extension_dir={drivers}", "-d", "extension=pdo.so", "-d", "extension=pdo_sqlite.so"]
            if self._runs(command, *trial):
                return command
        return self._runs(["php"], *trial)

    def node(self, *modules):
        """Node with these modules; a site finds them through a link named node_modules."""
        if not shutil.which("node"):
            return None
        return self._runs(["node"], "-e", ";".join(f"require('{self.modules}/{module}')" for module in modules))

    def knex(self, driver="better-sqlite3"):
        node = self.node(driver, "knex")
        return node and node + [os.path.join(self.modules, "knex/bin/cli.js")]
