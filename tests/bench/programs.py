"""How each program is asked for a piece of work, with the settings that serve it best."""
import os
import shutil

LFTP = ("set ftp:ssl-force true; set ftp:ssl-protect-data true; set ftp:ssl-protect-list true; "
        "set ftp:sync-mode off; set ftp:use-feat off; set ftp:use-mdtm off; set ftp:use-allo off; "
        "set net:connection-limit 0; set net:idle 1m; set xfer:clobber true; "
        "set net:socket-buffer 0; set cmd:fail-exit true; set net:max-retries 2; ")


class Place:
    """Where a server is and who may log in."""

    def __init__(self, host, port, account, ca):
        self.host, self.port, self.account, self.ca = host, port, account, ca

    @property
    def url(self):
        return f"ftp://{self.host}:{self.port}"


class Ftpsh:
    name = "ftpsh"

    @staticmethod
    def argv(place, *words):
        return [os.environ["FTPSH"], "-q", f"--ca-file={place.ca}",
                f"{place.account.name}@{place.host}:{place.port}", *words]

    def version(self):
        return [os.environ["FTPSH"], "--version"]

    def listing(self, place, folder):
        return self.argv(place, "ls", "-l", folder)

    def get_many(self, place, folder, names, sessions):
        return self.argv(place, "mget", f"-P{sessions}", f"{folder}/*")

    def put_many(self, place, folder, names, sessions):
        return self.argv(place, "mput", f"-P{sessions}", *(["-O", folder] if folder else []), *names)

    def sorted_listing(self, place, folder):
        return self.listing(place, folder)

    def get_one(self, place, name, copy, segments=1):
        return self.argv(place, "get", *([f"--segments={segments}"] if segments > 1 else []), name,
                         copy)

    def put_one(self, place, name, copy):
        return self.argv(place, "put", name, copy)

    def mirror(self, place, up, source, target):
        return self.argv(place, "mirror", "-P8", *(["-R"] if up else []), source, target)


class Lftp:
    name = "lftp"

    @staticmethod
    def argv(place, commands):
        a = place.account
        return ["lftp", "--norc", "-c", f"{LFTP}set ssl:ca-file {place.ca}; "
                f"open -u {a.name},{a.password} {place.url}; {commands}"]

    def version(self):
        return ["lftp", "--norc", "--version"]

    def listing(self, place, folder):
        return self.argv(place, f"ls {folder}")

    def sorted_listing(self, place, folder):
        return self.argv(place, f"cls --sort=name -l {folder}")

    def get_many(self, place, folder, names, sessions):
        return self.argv(place, f"mirror -P{sessions} -r {folder} ." if sessions > 1
                         else f"mget {folder}/*")

    def put_many(self, place, folder, names, sessions):
        if sessions > 1:
            return self.argv(place, f"mirror -R -P{sessions} -r . {folder}")
        return self.argv(place, f"mput -O {folder} *")

    def get_one(self, place, name, copy, segments=1):
        get = f"pget -n {segments}" if segments > 1 else "get"
        return self.argv(place, f"{get} {name} -o {copy}")

    def put_one(self, place, name, copy):
        return self.argv(place, f"put {name} -o {copy}")

    def mirror(self, place, up, source, target):
        return self.argv(place, f"mirror -P8 {'-R ' if up else ''}{source} {target}")


class Curl:
    name = "curl"

    @staticmethod
    def argv(place, *words):
        a = place.account
        return ["curl", "-sS", "--fail", "--ssl-reqd", "--cacert", str(place.ca), "-u",
                f"{a.name}:{a.password}", "--ftp-method", "nocwd", "--ftp-skip-pasv-ip", *words]

    def version(self):
        return ["curl", "-q", "--version"]

    def listing(self, place, folder):
        return self.argv(place, f"{place.url}/{folder}/")

    def get_many(self, place, folder, names, sessions):
        parallel = ["-Z", "--parallel-max", str(sessions)] if sessions > 1 else []
        return self.argv(place, *parallel, "-o", "#1",
                         f"{place.url}/{folder}/{{{','.join(names)}}}")

    def put_many(self, place, folder, names, sessions):
        parallel = ["-Z", "--parallel-max", str(sessions)] if sessions > 1 else []
        return self.argv(place, *parallel, "-T", f"{{{','.join(names)}}}", f"{place.url}/{folder}/")

    def get_one(self, place, name, copy, _segments=1):
        return self.argv(place, "-o", copy, f"{place.url}/{name}")

    def put_one(self, place, name, copy):
        return self.argv(place, "-T", name, f"{place.url}/{copy}")


PROGRAMS = {p.name: p for p in (Ftpsh(), Lftp(), Curl())}


def missing():
    return [name for name in ("lftp", "curl", "gnuplot") if not shutil.which(name)]
