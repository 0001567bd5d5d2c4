"""A copy of the source with its build, in which one mutant after the other lives."""
import contextlib
import glob
import hashlib
import os
import shutil
import subprocess
import time

IGNORED = ("build", ".git", "__pycache__")


class TableError(Exception):
    """Mutants or parts are not what they should be: a mistake of the check, not of what it checks."""


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Scratch:
    def __init__(self, folder, original, cmake, cmake_arguments):
        self.original = original
        self.source = os.path.join(folder, "source")
        self.build_folder = os.path.join(folder, "build")
        self.cmake = cmake
        self.cmake_arguments = cmake_arguments
        self.sound = {}  # digests of what was built without a mutant
        self.last_write = time.time_ns()
        os.makedirs(self.source, exist_ok=True)

    @property
    def otasim(self):
        return os.path.join(self.build_folder, "otasim")

    def path(self, *names):
        return os.path.join(self.source, *names)

    def prepare(self):
        """Copies, configures and builds; again only what has changed since the last time."""
        self.copy_source()
        # Unoptimised builds fastest; and what is linked against a shared library need not be linked
        # again because that was.
        ninja = ["-G", "Ninja"] if shutil.which("ninja") and "-G" not in self.cmake_arguments else []
        configure = [self.cmake, "-S", self.source, "-B", self.build_folder, *ninja, *self.cmake_arguments,
                     "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS_DEBUG=-O0", "-DBUILD_TESTING=OFF",
                     "-DOTASIM_WERROR=OFF", "-DCMAKE_LINK_DEPENDS_NO_SHARED=ON"]
        try:
            self.command(*configure)
        except TableError:  # what is there may be of another generator or compiler
            shutil.rmtree(self.build_folder, ignore_errors=True)
            self.command(*configure)
        self.build("otasim")
        self.sound = self.digests()

    def copy_source(self):
        wanted = set()
        for folder, folders, files in os.walk(self.original):
            relative = os.path.relpath(folder, self.original)
            folders[:] = [name for name in folders if name not in IGNORED and not name.startswith("build-")]
            wanted.update(os.path.normpath(os.path.join(relative, name)) for name in files)
        for folder, _, files in os.walk(self.source):
            for name in files:
                path = os.path.join(folder, name)
                if os.path.relpath(path, self.source) not in wanted:
                    os.remove(path)
        for name in wanted:
            self.copy(os.path.join(self.original, name), self.path(name))

    def copy(self, source, target):
        if os.path.exists(target) and read(source) == read(target):
            return
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(source, target)

    def command(self, *command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise TableError(f"{' '.join(command[:3])} ... failed:\n{done.stdout[-4000:]}")
        return done.stdout

    def build(self, *targets):
        self.command(self.cmake, "--build", self.build_folder, "-j", str(os.cpu_count() or 2), "--target", *targets)

    def firmware(self):
        """The modules that there are, by name."""
        names = os.listdir(os.path.join(self.build_folder, "firmware"))
        return sorted(name[:-len(".so")] for name in names if name.endswith(".so"))

    def only_firmware(self, label, names):
        """A folder in which only these modules are: one that was not built for this mutant is not to be
        found either."""
        folder = os.path.join(self.build_folder, "firmware-of", label.replace("/", "-"))
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        for name in names:
            os.symlink(os.path.join(self.build_folder, "firmware", name + ".so"), os.path.join(folder, name + ".so"))
        return folder

    def digests(self):
        """Of everything that a mutant can get into."""
        built = [self.otasim] + glob.glob(os.path.join(self.build_folder, "firmware", "*"))
        built += glob.glob(os.path.join(self.build_folder, "lib", "*"))
        return {path: hashlib.sha256(read(path)).hexdigest() for path in built if os.path.isfile(path)}

    def write(self, path, text):
        """Every write is later than the one before, so that a build never takes an object of the mutant for
        up to date."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.last_write = max(time.time_ns(), self.last_write + 20_000_000)
        os.utime(path, ns=(self.last_write, self.last_write))

    @contextlib.contextmanager
    def mutated(self, mutant):
        path = self.path(mutant.file)
        sound = read(path).decode("utf-8")
        self.write(path, sound.replace(mutant.old, mutant.new))
        try:
            yield
        finally:
            self.write(path, sound)

    def build_mutant(self, mutant, firmware):
        """The simulator and these modules: building all takes longer than most parts run."""
        try:
            self.build("otasim_core", *firmware)
        except TableError as error:
            raise TableError(f"{mutant.name} does not build: {error}") from error

    def check_changed(self, mutant):
        self.build_mutant(mutant, self.firmware())
        if self.digests() == self.sound:
            raise TableError(f"{mutant.name} leaves every program as it was")

    def check_restored(self):
        """Nothing of a mutant may have stayed behind and been taken for the next one's."""
        self.build("otasim")
        if self.digests() != self.sound:
            raise TableError("the build without a mutant is not what it was at the beginning")
