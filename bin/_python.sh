# Sourced by bin/start and bin/test: a Python that is new enough, and .venv with what a requirements file asks for.

stop() {
    echo "Breakwater: $1" >&2
    exit 1
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.11 python3.12 python3.13; do
        if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

require_room() { # folder, MB
    free=$(df -Pk "$1" 2>/dev/null | awk 'NR == 2 {print int($4 / 1024)}')
    [ -z "$free" ] || [ "$free" -ge "$2" ] || stop "only $free MB are free where $1 is; $2 MB are needed. Make room and start again."
}

install_requirements() { # file...
    wanted=$(cat "$@" | cksum)
    if [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null; then
        [ "$(cat .venv/installed-"$(basename "$(dirname "$1")")" 2>/dev/null)" = "$wanted" ] && return
    else
        python=$(find_python)
        [ -n "$python" ] || stop "Python 3.11 or newer is needed, with its venv module; I found $(python3 --version 2>/dev/null || echo none). Install python3 and python3-venv and start again."
        "$python" -c 'import venv, ensurepip' 2>/dev/null || stop "$python lacks the venv module. Install it (on Debian: apt-get install python3-venv) and start again."
        require_room . 1200
        echo "Making .venv with $("$python" --version) …"
        rm -rf .venv
        "$python" -m venv .venv >/dev/null 2>&1 || stop "making .venv failed. Is this folder writable, and is there room on the disk?"
    fi
    log=.venv/install.log
    echo "Installing what Breakwater needs (about a minute the first time) …"
    for file in "$@"; do set -- "$@" -r "$file"; shift; done
    .venv/bin/python -m pip install --disable-pip-version-check --no-input -q "$@" >"$log" 2>&1 ||
        stop "installing the Python packages failed; the end of $PWD/$log says why: $(grep -v '^WARNING' "$log" | tail -n 1)"
    echo "$wanted" >.venv/installed-"$(basename "$(dirname "$2")")"
}
