#!/bin/sh
# Makes every test certificate with the openssl CLI: make_certs.sh OUTDIR
#
# OUTDIR gets NAME.crt (PEM), NAME.key and NAME.chain.pem (what a server sends) for each name of the
# table in README.md. It is made whole in a folder beside it and then renamed, so that a second run
# at the same time does no harm; what is there and was made by this script is left alone.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: make_certs.sh OUTDIR" >&2
    exit 2
fi
out=$1
openssl=${OPENSSL:-openssl}
stamp=$(cksum <"$0")

if [ -f "$out/stamp" ] && [ "$(cat "$out/stamp")" = "$stamp" ]; then
    exit 0
fi

parent=$(dirname -- "$out")
mkdir -p -- "$parent"
work=$(mktemp -d "$parent/certs.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM
umask 077

say() {
    printf 'make_certs.sh: %s\n' "$*" >&2
}

# Runs openssl; what it says is only shown when it fails.
ssl() {
    if ! "$openssl" "$@" >"$work/log" 2>&1; then
        cat "$work/log" >&2
        say "failed: openssl $*"
        exit 1
    fi
}

# A CA section for `openssl ca`, the one command whose validity dates every version lets one choose.
: >"$work/index"
cat >"$work/config" <<EOF
[ca]
default_ca = any
[any]
database = $work/index
new_certs_dir = $work
rand_serial = yes
unique_subject = no
default_md = sha256
policy = anything
copy_extensions = none
[anything]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = unused
EOF

FROM=20200101000000Z
UNTIL=20491231235959Z

new_key() { # NAME [rsa]
    if [ "${2:-ec}" = rsa ]; then
        ssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/$1.key"
    else
        ssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve \
            -out "$work/$1.key"
    fi
}

# certify NAME COMMON_NAME ISSUER EXTENSIONS_FILE [FROM UNTIL]; ISSUER self signs with its own key.
certify() {
    ssl req -new -config "$work/config" -key "$work/$1.key" -subj "/CN=$2" -out "$work/$1.csr"
    if [ "$3" = self ]; then
        set -- "$1" "$2" "$1" "$4" "${5:-$FROM}" "${6:-$UNTIL}" -selfsign
    else
        set -- "$1" "$2" "$3" "$4" "${5:-$FROM}" "${6:-$UNTIL}" -cert "$work/$3.crt"
    fi
    name=$1 issuer=$3 extensions=$4 from=$5 until=$6
    shift 6
    ssl ca -batch -notext -config "$work/config" -in "$work/$name.csr" -out "$work/$name.crt" \
        -keyfile "$work/$issuer.key" -extfile "$extensions" -startdate "$from" -enddate "$until" "$@"
    rm -f "$work/$name.csr"
}

ca_extensions() {
    cat >"$work/ca.ext" <<EOF
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
EOF
}

# server_extensions FILE ALT_NAMES
server_extensions() {
    cat >"$work/$1" <<EOF
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = $2
EOF
}

new_ca() { # NAME COMMON_NAME ISSUER
    new_key "$1"
    certify "$1" "$2" "$3" "$work/ca.ext"
    cp "$work/$1.crt" "$work/$1.chain.pem"
}

# new_server NAME COMMON_NAME ISSUER EXTENSIONS [KEY_TYPE [FROM UNTIL]]: the chain is the leaf and,
# unless it is a root, its issuer.
new_server() {
    new_key "$1" "${5:-ec}"
    certify "$1" "$2" "$3" "$work/$4" "${6:-$FROM}" "${7:-$UNTIL}"
    if [ "$3" = intermediate_ca ]; then
        cat "$work/$1.crt" "$work/intermediate_ca.crt" >"$work/$1.chain.pem"
    else
        cp "$work/$1.crt" "$work/$1.chain.pem"
    fi
}

LOCALHOST="DNS:localhost, IP:127.0.0.1"
ca_extensions
server_extensions localhost.ext "$LOCALHOST"
server_extensions other_host.ext "DNS:other.example"

new_ca root_ca "otasim test root" self
new_ca intermediate_ca "otasim test intermediate" root_ca
new_ca other_ca "otasim other test root" self
new_server server localhost intermediate_ca localhost.ext
new_server server_direct localhost root_ca localhost.ext
new_server expired localhost intermediate_ca localhost.ext ec 20200101000000Z 20201231235959Z
new_server not_yet_valid localhost intermediate_ca localhost.ext ec 20480101000000Z 20491231235959Z
new_server wrong_host other.example intermediate_ca other_host.ext
new_server self_signed localhost self localhost.ext
new_server other_server localhost other_ca localhost.ext
new_server rsa_server localhost intermediate_ca localhost.ext rsa
new_server leaf_only localhost intermediate_ca localhost.ext
cp "$work/leaf_only.crt" "$work/leaf_only.chain.pem"

# Several hundred names make a certificate message that no small receive buffer holds.
names=$LOCALHOST
i=0
while [ "$i" -lt 220 ]; do
    names="$names, DNS:host-$i.of-a-very-large-certificate.example"
    i=$((i + 1))
done
server_extensions large.ext "$names"
new_server large localhost intermediate_ca large.ext

new_ca client_ca "otasim test client root" self
new_key client
cat >"$work/client.ext" <<EOF
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
EOF
certify client "otasim device" client_ca "$work/client.ext"
cp "$work/client.crt" "$work/client.chain.pem"

ssl x509 -in "$work/root_ca.crt" -outform DER -out "$work/root_ca.der"

rm -f "$work"/*.ext "$work"/*.pem.old "$work"/index* "$work/config" "$work/log"
# `openssl ca` also leaves each certificate under its serial number.
for file in "$work"/*.pem; do
    case $file in
        *.chain.pem) ;;
        *) rm -f "$file" ;;
    esac
done
printf '%s\n' "$stamp" >"$work/stamp"

old=$parent/certs.old.$$
if [ -e "$out" ]; then
    mv -- "$out" "$old"
fi
if mv -- "$work" "$out" 2>/dev/null; then
    trap - EXIT
elif [ ! -f "$out/stamp" ]; then
    say "cannot put the certificates at $out"
    exit 1
fi
rm -rf -- "$old"
