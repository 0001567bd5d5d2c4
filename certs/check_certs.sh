#!/bin/sh
# What should verify does, and what should not does not: check_certs.sh CERTS_DIR
set -eu
dir=$1
openssl=${OPENSSL:-openssl}
failures=0

# expect ok|refused NAME ROOT [verify options...]
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
        echo "$name against $root $*: expected $wanted, actual $actual"
        failures=$((failures + 1))
    fi
}

expect ok server root_ca -verify_hostname localhost
expect ok server root_ca -verify_ip 127.0.0.1
expect refused server other_ca
expect ok server_direct root_ca -verify_hostname localhost
expect refused expired root_ca
expect ok expired root_ca -no_check_time
expect refused not_yet_valid root_ca
expect ok not_yet_valid root_ca -no_check_time
expect ok wrong_host root_ca
expect refused wrong_host root_ca -verify_hostname localhost
expect refused self_signed root_ca
expect ok self_signed self_signed
expect refused other_server root_ca
expect ok other_server other_ca -verify_hostname localhost
expect ok rsa_server root_ca -verify_hostname localhost
expect refused leaf_only root_ca
expect ok large root_ca -verify_hostname localhost
expect ok client client_ca -purpose sslclient
expect refused client root_ca

size=$("$openssl" x509 -in "$dir/large.crt" -outform DER | wc -c)
if [ "$size" -le 5120 ]; then
    echo "large: $size bytes, expected more than 5 KB"
    failures=$((failures + 1))
fi
exit "$failures"
