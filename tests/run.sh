#!/usr/bin/env bash
# Installs what is missing, then runs every check: lint, types, schema, documentation, tests in both builds, benches,
# packaging.
# Needs Python 3.11 or newer. Root (or sudo) is needed only where an operating system package is missing.
#   PYTHON=/path/to/python   which Python to use
#   PLANO_TEST_VENV=DIR      where the virtual environment is kept (default: build/test-venv)
set -euo pipefail
cd "$(dirname "$0")/.."

export PIP_DISABLE_PIP_VERSION_CHECK=1
unset PLANO_HOME LOG_LEVEL PLANO_NO_SPEEDUPS

began=$SECONDS
step() { printf '\n== %s (after %d s)\n' "$1" $((SECONDS - began)); }
fail() { printf 'tests/run.sh: %s\n' "$1" >&2; exit 1; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

has_headers() {
  "$python" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'
}

has_venv() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }
has_program() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }
has_libc_headers() { echo '#include <stdio.h>' | gcc -E - >/dev/null 2>&1; }

apt_install() {
  command -v apt-get >/dev/null || fail "missing: $* (and no apt-get here to install them)"
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "missing; run as root: apt-get install $*"
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"
}

install_missing() {
  local version packages=() wanted_program=
  version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
  has_venv || packages+=("$version-venv")
  has_headers || packages+=("$version-dev")
  command -v gcc >/dev/null || packages+=(gcc)
  has_libc_headers || packages+=(libc6-dev)
  command -v curl >/dev/null || packages+=(curl)
  # The documents' configurations are tried with these.
  has_program nginx || packages+=(nginx)
  has_program logrotate || packages+=(logrotate)
  # Stores are tried with this; where it cannot be had, their tests are skipped and say so.
  has_program redis-server || has_program valkey-server || wanted_program=redis-server
  [ ${#packages[@]} -eq 0 ] || apt_install "${packages[@]}"
  [ -z "$wanted_program" ] || (apt_install "$wanted_program") || echo "no $wanted_program here"
}

step "system packages"
find_python >/dev/null || apt_install python3
python=$(find_python) || fail "Python 3.11 or newer is needed; set PYTHON to where it is"
install_missing
"$python" --version

step "install"
venv=${PLANO_TEST_VENV:-build/test-venv}
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
bin=$(cd "$venv/bin" && pwd)
"$bin/pip" install --quiet --editable '.[test,lint,docs]'
export PATH="$bin:$PATH"

step "lint"
ruff check .

step "types"
mypy --strict

step "config.schema.json is what the code says"
mkdir -p build
python -m plano.config.json_schema build/config.schema.json
cmp build/config.schema.json config.schema.json || fail "out of date; write it with: python -m plano.config.json_schema"

step "documentation"
current_reference() {  # the room that makes it, the page
  cp "docs/reference/$2.md" "build/$2.md"
  python -m "plano.$1.reference" "build/$2.md"
  cmp "build/$2.md" "docs/reference/$2.md" ||
    fail "out of date; write it with: python -m plano.$1.reference docs/reference/$2.md"
}
current_reference config configuration
current_reference cli cli
python docs/build_site.py

step "tests, both builds side by side"
# The tests mostly wait for processes and timers: two suites take hardly longer than one.
# Once is enough for what stands on no compiled module; and for the README's commands, which install the package and run
# the compiled build whatever is set here.
same_in_both=(readme cli config conformance golden providers resilience routing state end_to_end/test_targets.py)
same_in_both+=(end_to_end/test_{filter_servers,filters_and_failover,pii,plugin_cache}.py plugins/test_installed_guards.py)
PLANO_NO_SPEEDUPS=1 python -m pytest -p no:cacheprovider "${same_in_both[@]/#/--ignore=tests/}" \
  >build/pytest-pure.txt 2>&1 &
pure=$!
compiled_status=0 pure_status=0
python -m pytest 2>&1 | tee build/pytest-compiled.txt || compiled_status=$?
wait "$pure" || pure_status=$?

step "tests, pure Python build, as they went"
cat build/pytest-pure.txt
[ "$compiled_status" = 0 ] || fail "tests of the compiled build failed"
[ "$pure_status" = 0 ] || fail "tests of the pure Python build failed"

step "plugins, installed by pip, and their own tests"
# An environment of their own, which sees what the other one has: an installed plugin takes part in every test.
rm -rf build/plugins build/plugins-venv
cp -r plugins build/plugins
python -m venv --without-pip build/plugins-venv
python -c 'import sysconfig
folder = sysconfig.get_path("purelib")
print(f"import site; site.addsitedir({folder!r})")' \
  >"$(build/plugins-venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tests.pth"
pip --python build/plugins-venv install --quiet --no-build-isolation build/plugins/*/
for plugin in build/plugins/*/; do
  echo "$plugin"
  (cd "$plugin" && ../../plugins-venv/bin/python -P -W error -m pytest -q -p no:cacheprovider -c /dev/null tests)
done
(cd build && plugins-venv/bin/python -m plano plugins)

step "fuzzing"
# Atheris has wheels for some Pythons only; without it the same oracles see random changes.
pip install --quiet --only-binary :all: 'atheris>=2.3' 2>/dev/null || echo "no wheel of atheris for $(python --version)"
python -m tests.fuzz all --seconds 2

step "benches run"
python -m pytest bench/micro --benchmark-disable -q
python -m bench.load smoke

step "soak: mixed traffic for a while"
python -m bench.load soak --seconds 40 --reload-every 5 --out build/soak >build/soak.txt || { cat build/soak.txt; exit 1; }

step "sdist and wheel"
rm -rf build/dist
pip install --quiet build
python -m build --outdir build/dist . >build/dist.txt 2>&1 || { tail -50 build/dist.txt; exit 1; }
python tests/readme/wheel_contents.py build/dist

step "done"
printf 'pure Python build: %s\n' "$(tail -n 1 build/pytest-pure.txt)"
tail -n 1 build/pytest-compiled.txt
