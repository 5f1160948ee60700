# Sourced by ./verify, POSIX sh.
#
# fetch_toxiproxy FOLDER   builds Toxiproxy into FOLDER, unless the machine has one or lacks Go: no package of Debian's has it. Go
#                          names its command after its folder, so that it is called just `server`.

toxiproxy=github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0

is_toxiproxy() {
    [ -x "$1" ] && "$1" -version < /dev/null 2> /dev/null | grep -q '^toxiproxy-server'
}

fetch_toxiproxy() {
    ! is_toxiproxy "$1/server" || return 0
    ! is_toxiproxy "$(command -v toxiproxy-server || :)" || return 0
    command -v go > /dev/null || return 0
    ! is_toxiproxy "$(go env GOBIN)/server" || return 0
    ! is_toxiproxy "$(go env GOPATH)/bin/server" || return 0
    echo "verify: building $toxiproxy"
    mkdir -p "$1"
    # Where the network swallows what is sent to it, Go would wait for long.
    if ! said=$(cd "$1" && GOBIN=$1 timeout 300 go install "$toxiproxy" 2>&1); then
        echo "verify: it could not be built: $(printf '%s\n' "$said" | tail -n 1)"
    fi
}
