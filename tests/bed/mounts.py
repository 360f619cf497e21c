"""A file of this machine replaced for one program: the argv to put in front of its own; and a file
system that does not tell names apart."""
import contextlib
import shutil
import subprocess

SCRIPT = 'mount --bind "$0" "$1" || exit 99; shift; exec "$@"'


def why_impossible():
    """Empty where it can be done."""
    done = subprocess.run([*with_file("/etc/hostname", "/etc/hosts"), "true"], check=False,
                          capture_output=True, text=True)
    return f"no mount namespaces here: {done.stderr.strip()}" if done.returncode else ""


def with_file(source, target):
    return ("unshare", "-m", "sh", "-c", SCRIPT, str(source), str(target))


def with_hosts(folder, *lines):
    """Names that the program knows: lines of /etc/hosts, as many as are given and no others."""
    path = folder / "hosts"
    path.write_text("\n".join(lines) + "\n")
    return with_file(path, "/etc/hosts")


@contextlib.contextmanager
def full(folder):
    """Nothing more can be written into the folder, whose own mode stays."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k,mode=700", "none", str(folder)]
    subprocess.run(mount, check=True)
    try:
        (folder / "fill").write_bytes(b"x" * 4096)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextlib.contextmanager
def exfat(folder):
    """A folder on exFAT: README and readme are one name there, and it knows neither modes nor links.
    OSError: there can be none."""
    image, at = folder / "exfat.image", folder / "exfat"
    if not shutil.which("mkfs.exfat") or not shutil.which("mount.exfat-fuse"):
        raise OSError("no exfatprogs and exfat-fuse here")
    at.mkdir()
    with image.open("wb") as file:
        file.truncate(16 << 20)
    mount = ["mount", "-t", "exfat-fuse", "-o", "loop", str(image), str(at)]
    for argv in (["mkfs.exfat", str(image)], mount):
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
        if done.returncode:
            raise OSError(f"{argv[0]}: {done.stderr.strip()}")
    try:
        yield at
    finally:
        subprocess.run(["umount", str(at)], check=True)
