# Shared by tools/run and tools/test: the checkout's folder, and what otasim needs to be built.
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)

say() {
    printf '%s\n' "$*" >&2
}

have() {
    command -v "$1" >/dev/null 2>&1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        say "otasim: need to run, as root: $*"
        exit 1
    fi
}

install_with_apt() {
    missing=
    for package in cmake gcc libc6-dev ninja-build pkg-config python3 openssl libmbedtls-dev \
        libcurl4-openssl-dev libhttp-parser-dev libjansson-dev libcmocka-dev; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' && continue
        case $package in
            # Another source than apt may have put these there.
            gcc) have cc && continue ;;
            cmake | python3 | openssl) have "$package" && continue ;;
            ninja-build) have ninja && continue ;;
            pkg-config) have pkg-config && continue ;;
        esac
        missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "otasim: installing with apt:$missing"
    as_root apt-get update -qq
    # Where this one is gone, CMake fetches its sources.
    if ! apt-cache show libhttp-parser-dev >/dev/null 2>&1; then
        missing=$(printf '%s' "$missing" | sed 's/ libhttp-parser-dev//')
        [ -n "$missing" ] || return 0
    fi
    # shellcheck disable=SC2086 # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
}

install_with_brew() {
    missing=
    # http-parser has no formula any more: CMake fetches it.
    for formula in cmake ninja pkgconf python3 openssl@3 mbedtls@3 curl jansson cmocka; do
        brew list --formula "$formula" >/dev/null 2>&1 || missing="$missing $formula"
    done
    if [ -n "$missing" ]; then
        say "otasim: installing with brew:$missing"
        # shellcheck disable=SC2086 # a list of words
        brew install --quiet $missing >&2
    fi
    prefix=$(brew --prefix)
    export CMAKE_PREFIX_PATH="$prefix/opt/mbedtls@3:$prefix"
    export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
    export PATH="$prefix/opt/openssl@3/bin:$PATH"
}

install_packages() {
    if have apt-get; then
        install_with_apt
    elif have brew; then
        install_with_brew
    else
        say "otasim: neither apt-get nor brew is here; README.md lists the packages to install"
    fi
}

# configure_and_build PRESET: quiet when there is nothing to do, everything when it fails.
configure_and_build() {
    preset=$1
    case $preset in
        default) build=$root/build ;;
        *) build=$root/build-$preset ;;
    esac
    if [ ! -f "$build/CMakeCache.txt" ] && have ninja; then
        set -- -G Ninja
    else
        set --
    fi
    if [ -n "${OTASIM_REAL_IMAGES:-}" ]; then
        set -- "$@" "-DOTASIM_REAL_IMAGES=$OTASIM_REAL_IMAGES"
    fi
    if [ ! -f "$build/CMakeCache.txt" ] || [ $# -gt 0 ]; then
        say "otasim: configuring $preset"
        (cd "$root" && cmake --preset "$preset" "$@" >"$build.log" 2>&1) || {
            cat "$build.log" >&2
            exit 1
        }
        rm -f "$build.log"
    fi
    say "otasim: building $preset"
    cmake --build "$build" --parallel >"$build.log" 2>&1 || {
        grep -v '^\[' "$build.log" >&2
        exit 1
    }
    rm -f "$build.log"
}
