#!/bin/sh
# What should verify does, and what should not does not: check_certs.sh CERTS_DIR
set -eu
dir=$1
openssl=${OPENSSL:-openssl}
failures=0

differs() { # WHAT EXPECTED ACTUAL
    echo "$1: expected $2, actual $3"
    failures=$((failures + 1))
}

# expect ok|refused NAME ROOT [verify options...]: NAME as a server sends it, to whom trusts ROOT.
expect() {
    wanted=$1 name=$2 root=$3
    shift 3
    if "$openssl" verify -CAfile "$dir/$root.crt" -untrusted "$dir/$name.chain.pem" "$@" \
        "$dir/$name.crt" >/dev/null 2>&1; then
        actual=ok
    else
        actual=refused
    fi
    if [ "$actual" != "$wanted" ]; then
        differs "$name against $root $*" "$wanted" "$actual"
    fi
}

expect ok root_ca root_ca
expect ok intermediate_ca root_ca
expect ok server root_ca -verify_hostname localhost -purpose sslserver
expect ok server root_ca -verify_ip 127.0.0.1
expect refused server root_ca -verify_hostname other.example
expect refused server other_ca
expect refused server root_ca -purpose sslclient
expect ok server_direct root_ca -verify_hostname localhost
expect refused expired root_ca
expect ok expired root_ca -no_check_time -verify_hostname localhost
expect refused not_yet_valid root_ca
expect ok not_yet_valid root_ca -no_check_time -verify_hostname localhost
expect ok wrong_host root_ca -verify_hostname other.example
expect refused wrong_host root_ca -verify_hostname localhost
expect refused self_signed root_ca
expect ok self_signed self_signed -verify_hostname localhost
expect refused other_server root_ca
expect ok other_server other_ca -verify_hostname localhost
expect ok rsa_server root_ca -verify_hostname localhost
expect refused leaf_only root_ca
expect ok leaf_only root_ca -untrusted "$dir/intermediate_ca.crt" -verify_hostname localhost
expect ok large root_ca -verify_hostname localhost
expect ok client client_ca -purpose sslclient
expect refused client client_ca -purpose sslserver
expect refused client root_ca

# What a signing or encryption key of that name must be; nothing for other names.
signing_key() {
    case $1 in
        signing_rsa_* | encryption_rsa_*) echo "Private-Key: (3072 bit" ;;
        signing_p256_*) echo "ASN1 OID: prime256v1" ;;
        signing_p384_*) echo "ASN1 OID: secp384r1" ;;
    esac
}

for key in "$dir"/*.key; do
    name=$(basename "$key" .key)
    wanted=$(signing_key "$name")
    if [ "${name#encryption_hmac_}" != "$name" ]; then
        size=$(wc -c <"$key")
        [ "$size" -eq 32 ] || differs "$name.key" "32 bytes" "$size"
    elif [ -n "$wanted" ]; then
        "$openssl" pkey -in "$key" -noout -text | grep -q "$wanted" ||
            differs "$name.key" "$wanted" "another"
    else
        certified=$("$openssl" x509 -in "$dir/$name.crt" -noout -pubkey)
        if [ "$certified" != "$("$openssl" pkey -in "$key" -pubout)" ]; then
            differs "$name.key" "the key of $name.crt" "another"
        fi
    fi
    mode=$(ls -l "$key" | cut -c1-10)
    if [ "$mode" != -rw------- ]; then
        differs "$name.key" "mode -rw-------" "$mode"
    fi
done

# expect_sent COUNT NAME: so many certificates in what the server sends.
expect_sent() {
    count=$(grep -c "BEGIN CERTIFICATE" "$dir/$2.chain.pem")
    if [ "$count" -ne "$1" ]; then
        differs "certificates in $2.chain.pem" "$1" "$count"
    fi
}
expect_sent 2 server
expect_sent 1 server_direct
expect_sent 1 leaf_only

der=$("$openssl" x509 -inform DER -in "$dir/root_ca.der")
if [ "$der" != "$(cat "$dir/root_ca.crt")" ]; then
    differs root_ca.der "the same as root_ca.crt" "another"
fi
bits=$("$openssl" x509 -in "$dir/rsa_server.crt" -noout -text | grep -c "Public-Key: (2048 bit)" || true)
if [ "$bits" -ne 1 ]; then
    differs rsa_server "an RSA key of 2048 bits" "another"
fi
size=$("$openssl" x509 -in "$dir/large.crt" -outform DER | wc -c)
if [ "$size" -le 5120 ]; then
    differs large "more than 5120 bytes" "$size"
fi
if [ "$failures" -ne 0 ]; then
    echo "$failures differences"
    exit 1
fi
