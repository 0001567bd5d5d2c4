#!/bin/sh
# Makes every test certificate with the openssl CLI: make_certs.sh OUTDIR
#
# OUTDIR gets NAME.crt (PEM), NAME.key and NAME.chain.pem (what a server sends) for each name of the
# table in README.md. It is made whole in a folder beside it and then renamed, so that two runs at
# the same time do no harm; what this script has made, and is whole and valid, is left alone.
# $OPENSSL is the openssl program (a name, or a whole path), if not the first on the path.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: make_certs.sh OUTDIR" >&2
    exit 2
fi
openssl=${OPENSSL:-openssl}
stamp=$(cksum <"$0")
names="root_ca intermediate_ca other_ca client_ca client server server_direct expired not_yet_valid
wrong_host self_signed other_server rsa_server leaf_only large"
encryption_keys="rsa_a rsa_b hmac_a hmac_b"
signing_keys="rsa_a rsa_b rsa_c p256_a p256_b p384_a"
ONE_DAY=86400

say() {
    printf 'make_certs.sh: %s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

mkdir -p -- "$(dirname -- "$1")" || fail "cannot make the folder of $1"
parent=$(cd -- "$(dirname -- "$1")" && pwd)
out=$parent/$(basename -- "$1")

is_current() {
    [ -f "$out/stamp" ] && [ "$(cat "$out/stamp")" = "$stamp" ] && [ -f "$out/root_ca.der" ] &&
        [ -f "$out/image_key.bin" ] || return 1
    for name in $names; do
        for ending in crt key chain.pem; do
            [ -f "$out/$name.$ending" ] || return 1
        done
    done
    for name in $signing_keys; do
        [ -f "$out/signing_$name.key" ] || return 1
    done
    for name in $encryption_keys; do
        [ -f "$out/encryption_$name.key" ] || return 1
    done
    # All others that are to be valid are so for as long as this one.
    "$openssl" x509 -in "$out/root_ca.crt" -noout -checkend "$ONE_DAY" >/dev/null 2>&1
}

case $("$openssl" version 2>&1) in
    OpenSSL*) ;;
    *) fail "$openssl is not OpenSSL 1.1.1 or later (on macOS: brew install openssl, then" \
        "OPENSSL=\$(brew --prefix openssl)/bin/openssl)" ;;
esac
if is_current; then
    touch -- "$out/stamp" # or the build would ask again each time
    exit 0
fi

umask 077
work=$(mktemp -d "$out.XXXXXX") || fail "cannot make a folder in $parent"
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd -- "$work"

# Runs openssl; what it says is only shown when it fails.
ssl() {
    if ! "$openssl" "$@" >log 2>&1; then
        cat log >&2
        fail "failed: openssl $*"
    fi
}

# A CA section for `openssl ca`, the one command whose validity dates every version lets one choose.
: >index
cat >config <<EOF
[ca]
default_ca = any
[any]
database = index
new_certs_dir = .
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

new_ec_key() { # NAME CURVE
    ssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -pkeyopt ec_param_enc:named_curve \
        -out "$1.key"
}

new_rsa_key() { # NAME BITS
    ssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" -out "$1.key"
}

new_key() { # NAME [rsa]
    if [ "${2:-ec}" = rsa ]; then
        new_rsa_key "$1" 2048
    else
        new_ec_key "$1" P-256
    fi
}

# certify NAME COMMON_NAME ISSUER EXTENSIONS_FILE [FROM UNTIL]; ISSUER self signs with its own key.
certify() {
    ssl req -new -config config -key "$1.key" -subj "/CN=$2" -out "$1.csr"
    if [ "$3" = self ]; then
        set -- "$1" "$2" "$1" "$4" "${5:-$FROM}" "${6:-$UNTIL}" -selfsign
    else
        set -- "$1" "$2" "$3" "$4" "${5:-$FROM}" "${6:-$UNTIL}" -cert "$3.crt"
    fi
    name=$1 issuer=$3 extensions=$4 from=$5 until=$6
    shift 6
    ssl ca -batch -notext -config config -in "$name.csr" -out "$name.crt" \
        -keyfile "$issuer.key" -extfile "$extensions" -startdate "$from" -enddate "$until" "$@"
    rm -f "$name.csr"
}

ca_extensions() {
    cat >ca.ext <<EOF
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
EOF
}

# server_extensions FILE ALT_NAMES
server_extensions() {
    cat >"$1" <<EOF
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = $2
EOF
}

new_ca() { # NAME COMMON_NAME ISSUER
    new_key "$1"
    certify "$1" "$2" "$3" ca.ext
    cp "$1.crt" "$1.chain.pem"
}

# new_server NAME COMMON_NAME ISSUER EXTENSIONS [KEY_TYPE [FROM UNTIL]]: the chain is the leaf and,
# unless it is a root, its issuer.
new_server() {
    new_key "$1" "${5:-ec}"
    certify "$1" "$2" "$3" "$4" "${6:-$FROM}" "${7:-$UNTIL}"
    if [ "$3" = intermediate_ca ]; then
        cat "$1.crt" intermediate_ca.crt >"$1.chain.pem"
    else
        cp "$1.crt" "$1.chain.pem"
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
cp leaf_only.crt leaf_only.chain.pem

# The root as another one has signed it: servers send it along for devices that know only that one.
cp root_ca.key cross_root.key
certify cross_root "otasim test root" other_ca ca.ext
new_server cross_signed localhost intermediate_ca localhost.ext
cat cross_root.crt >>cross_signed.chain.pem
rm -f cross_root.key

# Several hundred names make a certificate message that no small receive buffer holds.
alt_names=$LOCALHOST
i=0
while [ "$i" -lt 220 ]; do
    alt_names="$alt_names, DNS:host-$i.of-a-very-large-certificate.example"
    i=$((i + 1))
done
server_extensions large.ext "$alt_names"
new_server large localhost intermediate_ca large.ext

new_ca client_ca "otasim test client root" self
new_key client
cat >client.ext <<EOF
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
EOF
certify client "otasim device" client_ca client.ext
cp client.crt client.chain.pem

ssl x509 -in root_ca.crt -outform DER -out root_ca.der
ssl rand -out image_key.bin 32

for name in $signing_keys; do
    case $name in
        rsa_*) new_rsa_key "signing_$name" 3072 ;;
        p256_*) new_ec_key "signing_$name" P-256 ;;
        p384_*) new_ec_key "signing_$name" P-384 ;;
    esac
done

for name in $encryption_keys; do
    case $name in
        rsa_*) new_rsa_key "encryption_$name" 3072 ;;
        hmac_*) ssl rand -out "encryption_$name.key" 32 ;;
    esac
done

# `openssl ca` also leaves each certificate under its serial number.
for file in *; do
    case $file in
        *.crt | *.key | *.chain.pem | *.der | *.bin) ;;
        *) rm -f -- "$file" ;;
    esac
done
printf '%s\n' "$stamp" >stamp
cd -- "$parent"

if is_current; then
    exit 0 # somebody else was faster
fi
old=$parent/$(basename -- "$work").old
if [ -e "$out" ] && ! mv -- "$out" "$old" 2>/dev/null && [ -e "$out" ]; then
    fail "cannot replace $out"
fi
mv -- "$work" "$out" || fail "cannot put the certificates at $out"
# Where somebody else put theirs in the meantime, ours have landed inside.
rm -rf -- "$old" "${out:?}/$(basename -- "$work")"
