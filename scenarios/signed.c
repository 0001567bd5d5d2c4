/* Signed updates (Secure Boot V2): catalogue rows I13, I14, I17, and what becomes of keys. Keys are
 * those of certs/: rsa_a is the one that the device's apps are signed with. */
#include "scenario.h"

#include "esp_ota_ops.h"
#include "signature_sign.h"

/* Everything was written, and the verification at the end refuses it. */
#define REFUSED                                                                                    \
    {                                                                                              \
        .result = ESP_ERR_OTA_VALIDATE_FAILED, .events = {                                         \
            START,                                                                                 \
            CONNECTED,                                                                             \
            VERIFY_CHIP_ID,                                                                        \
            VERIFY_CHIP_REVISION,                                                                  \
            WRITE_FLASH_TO(IMAGE_SIZE),                                                            \
            FINISH                                                                                 \
        }                                                                                          \
    }

#define REFUSED_BY_END                                                                             \
    {                                                                                              \
        .result = ESP_ERR_OTA_VALIDATE_FAILED, .failed_in = "esp_ota_end"                          \
    }

/* Signatures are checked on update, by the running app's own key; secure boot is off. The image
 * ends within a sector, so that there is padding. */
#define ON_UPDATE                                                                                  \
    .device = {.apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("rsa_a")}}},                     \
    .firmware = "updater-signed", .image = {.size = 64512}, .server = {IMAGE()}

#define REFUSED_ON_UPDATE(what, story, ...)                                                        \
    {                                                                                              \
        .name = "signed/" what,                                                                    \
        .about = story,                                                                            \
        .catalogue = "I13",                                                                        \
        .source = "Blockstream/Jade PR#294",                                                       \
        ON_UPDATE,                                                                                 \
        .signing = __VA_ARGS__,                                                                    \
        .expect = REFUSED,                                                                         \
    },                                                                                             \
    {                                                                                              \
        .name = "signed/" what "-native", .about = story ", by esp_ota_end", .catalogue = "I13",   \
        .source = "Blockstream/Jade PR#294", ON_UPDATE, .signing = __VA_ARGS__,                    \
        .update = {.api = UPDATE_NATIVE}, .expect = REFUSED_BY_END,                                \
    }

/* Secure boot with two keys; the app that runs is signed with the first. */
#define SECURE_BOOT_WITH(...)                                                                      \
    .device = {.secure_boot = {"rsa_a", "rsa_b"},                                                  \
               .apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("rsa_a")}},                      \
               __VA_ARGS__},                                                                       \
    .firmware = "updater-secure_boot", .server = {IMAGE()}

/* The update restarts into 2.0.0, which does what the row is about. */
#define THEN(behaviour)                                                                            \
    .firmware_of = {{"2.0.0", "behaviours-secure_boot:" behaviour}}, .update = {.restart = true}

#define TO_STAY                                                                                    \
    {                                                                                              \
        {                                                                                          \
            OTA_0, "2.0.0", .reset = "software", .end = "idle"                                     \
        }                                                                                          \
    }

/* CONFIG_SECURE_SIGNED_DATA_PARTITION: data are staged in a slot, verified, and copied. */
#define SIGNED_DATA(what, story, signature, bytes, ...)                                            \
    {                                                                                              \
        .name = "signed/data-" what, .about = "a data partition: " story,                          \
        .device = {.partitions = "stdx",                                                           \
                   .apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("rsa_a")}}},                 \
        .firmware = "updater-signed_data", .image = {.size = 64512}, .signing = signature,         \
        .server = {IMAGE(.body = bytes)},                                                          \
        .update = {.final_partition = "storage", .finalize_with_copy = true}, __VA_ARGS__          \
    }
#define TAKEN                                                                                      \
    {                                                                                              \
        .no_update = true, .events = { START, CONNECTED, WRITE_FLASH_TO(IMAGE_SIZE), FINISH }      \
    }
#define DATA_REFUSED                                                                               \
    {                                                                                              \
        .result = ESP_ERR_OTA_VALIDATE_FAILED, .events = { START, CONNECTED, WRITE_FLASH, FINISH } \
    }

SCENARIOS(signed) = {
    {
        .name = "signed/good-rsa",
        .about = "an update signed with the running app's key",
        .catalogue = "I14",
        .source = "pytest_simple_ota.py verify_app_signature_on_update_no_secure_boot_rsa",
        ON_UPDATE,
        .signing = SIGNED_BY("rsa_a"),
    },
    {
        .name = "signed/good-rsa-native",
        .about = "the same by esp_ota_write, esp_ota_end and esp_ota_set_boot_partition",
        .catalogue = "I14",
        ON_UPDATE,
        .signing = SIGNED_BY("rsa_a"),
        .update = {.api = UPDATE_NATIVE},
    },
    {
        .name = "signed/good-p256",
        .about = "an update signed with ECDSA P-256",
        .catalogue = "I14",
        .source = "pytest_simple_ota.py verify_app_signature_on_update_no_secure_boot_ecdsa",
        .device = {.chip = "esp32c6",
                   .apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("p256_a")}}},
        .firmware = "updater-signed_p256",
        .signing = SIGNED_BY("p256_a"),
        .server = {IMAGE()},
    },
    {
        .name = "signed/other-key-p256",
        .about = "another P-256 key",
        .catalogue = "I13",
        .device = {.chip = "esp32c6",
                   .apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("p256_a")}}},
        .firmware = "updater-signed_p256",
        .signing = SIGNED_BY("p256_b"),
        .server = {IMAGE()},
        .expect = REFUSED,
    },
    {
        .name = "signed/good-p384",
        .about = "an update signed with ECDSA P-384, over a SHA-384 digest",
        .catalogue = "I14",
        .device = {.chip = "esp32c5",
                   .apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("p384_a")}}},
        .firmware = "updater-signed_p384",
        .signing = SIGNED_BY("p384_a"),
        .server = {IMAGE()},
    },
    {
        .name = "signed/two-blocks",
        .about = "signed with a second key as well, the first block is the running app's key",
        .catalogue = "I14",
        ON_UPDATE,
        .signing = SIGNED_BY("rsa_a", "rsa_b"),
    },
    {
        .name = "signed/not-asked-for",
        .about = "a build that asks for no signature takes a signed image as any other",
        .catalogue = "I14",
        .signing = SIGNED_BY("rsa_a"),
        .server = {IMAGE()},
    },
    {
        .name = "signed/unsigned",
        .about = "an image without a signature, to a device that wants one",
        .catalogue = "I13",
        .source = "Blockstream/Jade PR#294",
        ON_UPDATE,
        .expect = REFUSED,
    },
    {
        .name = "signed/unsigned-native",
        .about = "the same by esp_ota_end",
        .catalogue = "I13",
        ON_UPDATE,
        .update = {.api = UPDATE_NATIVE},
        .expect = REFUSED_BY_END,
    },
    REFUSED_ON_UPDATE("other-key", "signed with a key that the device does not know",
                      SIGNED_BY("rsa_b")),
    REFUSED_ON_UPDATE("bit-flipped-after-signing",
                      "one bit of the padding is flipped after signing: the image's own hash does "
                      "not cover it, the signature does",
                      BADLY_SIGNED_BY(SIGNATURE_FLAW_BIT_FLIP, "rsa_a")),
    REFUSED_ON_UPDATE("block-crc-wrong", "the signature block's CRC is wrong",
                      BADLY_SIGNED_BY(SIGNATURE_FLAW_CRC, "rsa_a")),
    REFUSED_ON_UPDATE("version-of-another-scheme", "an RSA block that calls itself ECDSA",
                      BADLY_SIGNED_BY(SIGNATURE_FLAW_VERSION, "rsa_a")),
    REFUSED_ON_UPDATE("another-scheme", "signed with ECDSA, the device wants RSA",
                      SIGNED_BY("p256_a")),
    REFUSED_ON_UPDATE("signature-wrong", "one bit of the signature is flipped, the CRC fits it",
                      BADLY_SIGNED_BY(SIGNATURE_FLAW_SIGNATURE, "rsa_a")),
    REFUSED_ON_UPDATE("digest-wrong", "the block names another image digest, the CRC fits it",
                      BADLY_SIGNED_BY(SIGNATURE_FLAW_DIGEST, "rsa_a")),
    REFUSED_ON_UPDATE("block-magic-wrong", "the block does not begin as one",
                      BADLY_SIGNED_BY(SIGNATURE_FLAW_MAGIC, "rsa_a")),
    REFUSED_ON_UPDATE("sector-cut-off", "the file ends within the signature",
                      BADLY_SIGNED_BY(SIGNATURE_FLAW_CUT, "rsa_a")),
    REFUSED_ON_UPDATE("second-block-right",
                      "the second block is right: without secure boot only the first counts",
                      SIGNED_BY("rsa_b", "rsa_a")),
    REFUSED_ON_UPDATE("second-block-right-first-spoilt",
                      "the first block's signature is wrong, the second's is right",
                      BADLY_SIGNED_BY(SIGNATURE_FLAW_SIGNATURE, "rsa_a", "rsa_a")),
    {
        .name = "signed/second-key-of-the-running-app",
        .about = "signed with the key of the running app's second block, which does not count",
        .catalogue = "I13",
        .device = {.apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("rsa_a", "rsa_b")}}},
        .firmware = "updater-signed",
        .signing = SIGNED_BY("rsa_b"),
        .server = {IMAGE()},
        .expect = REFUSED,
    },
    {
        .name = "signed/running-app-unsigned",
        .about = "a device whose own app was flashed without a signature takes no update at all",
        .catalogue = "I13",
        .advice = "flash a signed app in the first place: no update mends this",
        .firmware = "updater-signed",
        .signing = SIGNED_BY("rsa_a"),
        .server = {IMAGE()},
        .expect = REFUSED,
    },
    {
        .name = "signed/fits-without-signature-only",
        .about = "the image fills the slot, and there is no room for its signature",
        .catalogue = "I17",
        .source = "calebe94/ESPBoy#4",
        .device = {.partitions = "small",
                   .apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("rsa_a")}}},
        .firmware = "updater-signed",
        .image = {.size = 128 * 1024},
        .server = {IMAGE()},
        .expect = REFUSED,
    },
    {
        .name = "signed/does-not-fit-with-signature",
        .about = "the same with its signature in the file: writing that runs past the slot",
        .catalogue = "I15",
        .device = {.partitions = "small",
                   .apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("rsa_a")}}},
        .firmware = "updater-signed",
        .image = {.size = 128 * 1024},
        .signing = SIGNED_BY("rsa_a"),
        .server = {IMAGE()},
        .expect = {.result = ESP_ERR_INVALID_SIZE},
    },
    {
        .name = "signed/secure-boot-first-key",
        .about = "secure boot: signed with the first key in efuse",
        .catalogue = "I14",
        SECURE_BOOT_WITH(),
        .signing = SIGNED_BY("rsa_a"),
    },
    {
        .name = "signed/secure-boot-second-key",
        .about = "secure boot: signed with the second key in efuse",
        SECURE_BOOT_WITH(),
        .signing = SIGNED_BY("rsa_b"),
    },
    {
        .name = "signed/secure-boot-second-block",
        .about = "secure boot: the first block is of a foreign key, the second is right",
        SECURE_BOOT_WITH(),
        .signing = SIGNED_BY("rsa_c", "rsa_b"),
    },
    {
        .name = "signed/secure-boot-third-block",
        .about = "secure boot: the first block's signature is wrong, the third is right",
        SECURE_BOOT_WITH(),
        .signing = BADLY_SIGNED_BY(SIGNATURE_FLAW_SIGNATURE, "rsa_a", "rsa_c", "rsa_b"),
    },
    {
        .name = "signed/secure-boot-unsigned",
        .about = "secure boot: an image without a signature",
        .catalogue = "I13",
        .source = "espressif/esp-idf#11995",
        SECURE_BOOT_WITH(),
        .expect = REFUSED,
    },
    {
        .name = "signed/secure-boot-other-key",
        .about = "secure boot: a key that is not in efuse",
        .catalogue = "I13",
        SECURE_BOOT_WITH(),
        .signing = SIGNED_BY("rsa_c"),
        .expect = REFUSED,
    },
    {
        .name = "signed/secure-boot-other-key-native",
        .about = "secure boot: a key that is not in efuse, to esp_ota_end",
        .catalogue = "I13",
        SECURE_BOOT_WITH(),
        .signing = SIGNED_BY("rsa_c"),
        .update = {.api = UPDATE_NATIVE},
        .expect = REFUSED_BY_END,
    },
    {
        .name = "signed/secure-boot-revoked-key",
        .about = "secure boot: a key that was revoked",
        .catalogue = "I13",
        .device = {.secure_boot = {"rsa_a", "rsa_b"},
                   .revoked_keys = 0x1,
                   .apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("rsa_b")}}},
        .firmware = "updater-secure_boot",
        .signing = SIGNED_BY("rsa_a"),
        .server = {IMAGE()},
        .expect = REFUSED,
    },
    {
        .name = "signed/secure-boot-left-to-the-bootloader",
        .about = "a build that asks for no signature, on a chip that boots signed apps only: the "
                 "update is a success, and the bootloader throws it away",
        .catalogue = "I13",
        .source = "sfoulad/midad-by-foulad PR#156",
        .advice = "build every app of such a device with CONFIG_SECURE_BOOT, so that esp_ota_end "
                  "refuses what the bootloader would",
        .device = {.secure_boot = {"rsa_a"},
                   .apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("rsa_a")}}},
        .firmware = "updater-rollback",
        .server = {IMAGE()},
        .expect = {.result = ESP_OK, .boots = {{FACTORY, "1.0.0"}}, .more_boots = 1},
    },
    {
        .name = "signed/secure-boot-slot-spoilt",
        .about = "secure boot: the selected app's signature is wrong, so the bootloader takes the "
                 "factory app",
        SECURE_BOOT_WITH(.apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("rsa_a")},
                                  {OTA_0,
                                   {.version = "1.5.0"},
                                   BADLY_SIGNED_BY(SIGNATURE_FLAW_SIGNATURE, "rsa_b")}},
                         .otadata = {ENTRY(1, OTADATA_VALID)}),
        .update = {.api = UPDATE_NOTHING},
        .expect = {.no_update = true, .boots = {{FACTORY, "1.0.0"}}, .more_boots = 1},
    },
    {
        .name = "signed/aggressive-revocation",
        .about = "aggressive revocation: the second block lets the update boot, and the wrong "
                 "signature in the first costs its key",
        SECURE_BOOT_WITH(.aggressive_revoke = true),
        .signing = BADLY_SIGNED_BY(SIGNATURE_FLAW_SIGNATURE, "rsa_a", "rsa_b"),
        .expect = {.boots = {{OTA_0, "2.0.0"}}, .revoked_keys = 0x1},
    },
    {
        .name = "signed/aggressive-revocation-digest",
        .about = "aggressive revocation: a block of another image's digest costs nothing",
        SECURE_BOOT_WITH(.aggressive_revoke = true),
        .signing = BADLY_SIGNED_BY(SIGNATURE_FLAW_DIGEST, "rsa_a", "rsa_b"),
        .expect = {.boots = {{OTA_0, "2.0.0"}}},
    },
    {
        .name = "signed/aggressive-revocation-bricks",
        .about = "aggressive revocation of the only key: one wrong signature in flash, and nothing "
                 "ever boots again",
        .advice = "burn a second key, and sign with one at a time",
        .device = {.secure_boot = {"rsa_a"},
                   .aggressive_revoke = true,
                   .apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("rsa_a")},
                            {OTA_0,
                             {.version = "1.5.0"},
                             BADLY_SIGNED_BY(SIGNATURE_FLAW_SIGNATURE, "rsa_a")}},
                   .otadata = {ENTRY(1, OTADATA_VALID)}},
        .firmware = "updater-secure_boot",
        .update = {.api = UPDATE_NOTHING},
        .server = {IMAGE()},
        .expect = {.no_update = true, .boots = {{NO_APP}}, .revoked_keys = 0x1},
    },
    {
        .name = "signed/rotation",
        .about = "key rotation: the update is signed with the second key, confirms itself and "
                 "revokes the first",
        SECURE_BOOT_WITH(),
        .signing = SIGNED_BY("rsa_b"),
        THEN("gives_up_the_old_key"),
        .expect = {.boots = TO_STAY, .more_boots = 2, .revoked_keys = 0x1},
    },
    {
        .name = "signed/rotation-both-keys",
        .about = "key rotation with an update that both keys have signed",
        SECURE_BOOT_WITH(),
        .signing = SIGNED_BY("rsa_a", "rsa_b"),
        THEN("gives_up_the_old_key"),
        .expect = {.boots = TO_STAY, .more_boots = 2, .revoked_keys = 0x1},
    },
    {
        .name = "signed/rotation-not-confirmed",
        .about = "an update that is not confirmed may not revoke: it is rolled back, and the app "
                 "before still boots",
        SECURE_BOOT_WITH(),
        .signing = SIGNED_BY("rsa_b"),
        THEN("gives_up_the_old_key_too_early"),
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "idle"},
                             {FACTORY, "1.0.0", .reset = "power-on"}}},
    },
    {
        .name = "signed/rotation-of-the-only-key",
        .about = "an app cannot revoke the only key that it is signed with",
        SECURE_BOOT_WITH(),
        .signing = SIGNED_BY("rsa_a"),
        THEN("gives_up_its_only_key"),
        .expect = {.boots = TO_STAY, .more_boots = 1},
    },
    {
        .name = "signed/revocation-bricks",
        .about = "an app that burns the revocation of its only key itself: nothing boots any more",
        .advice = "revoke by esp_ota_revoke_secure_boot_public_key only",
        SECURE_BOOT_WITH(),
        .signing = SIGNED_BY("rsa_a"),
        THEN("burns_the_revocation_of_its_only_key"),
        .expect = {.boots = {{OTA_0, "2.0.0", .reset = "software", .end = "restart"}, {NO_APP}},
                   .revoked_keys = 0x1},
    },
    {
        .name = "signed/rotated-update-rolls-back",
        .about = "after a rotation: an update on trial is rolled back to the app of the new key, "
                 "not to the factory app of the old",
        .device = {.secure_boot = {"rsa_a", "rsa_b"},
                   .revoked_keys = 0x1,
                   .apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("rsa_a")},
                            {OTA_0, {.version = "1.5.0"}, SIGNED_BY("rsa_b")}},
                   .otadata = {ENTRY(1, OTADATA_VALID)}},
        .firmware = "updater-secure_boot",
        .signing = SIGNED_BY("rsa_b"),
        .server = {IMAGE()},
        THEN("crashes"),
        .expect = {.crash = true,
                   .boots = {{OTA_1, "2.0.0", .reset = "software", .end = "panic"},
                             {OTA_0, "1.5.0", .reset = "panic"}},
                   .more_boots = 1},
    },
    SIGNED_DATA("signed", "signed data, as the signing tool makes it", SIGNED_BY("rsa_a"), "image",
                .expect = TAKEN),
    SIGNED_DATA("of-another-key", "signed with a key that the device does not know",
                SIGNED_BY("rsa_b"), "image", .expect = DATA_REFUSED),
    SIGNED_DATA("bit-flipped", "one bit is flipped after signing",
                BADLY_SIGNED_BY(SIGNATURE_FLAW_BIT_FLIP, "rsa_a"), "image", .expect = DATA_REFUSED),
    SIGNED_DATA("unsigned", "whole sectors without a signature", {.key = {NULL}}, "random:65536",
                .expect = DATA_REFUSED),
    SIGNED_DATA("of-any-size", "data that does not fill whole sectors has no signature",
                {.key = {NULL}}, "random:20000", .expect = DATA_REFUSED),
    SIGNED_DATA("signature-only", "a signature of nothing", {.key = {NULL}}, "random:4096",
                .expect = DATA_REFUSED),
    {
        .name = "signed/data-not-asked-for",
        .about = "without that option a device that verifies its apps takes any data",
        .device = {.partitions = "stdx",
                   .apps = {{FACTORY, {.version = "1.0.0"}, SIGNED_BY("rsa_a")}}},
        .firmware = "updater-signed",
        .server = {IMAGE(.body = "random:20000")},
        .update = {.final_partition = "storage", .finalize_with_copy = true},
        .expect = {.no_update = true, .events = {START, CONNECTED, WRITE_FLASH_TO(20000), FINISH}},
    },
    {
        .name = "signed/flash-encryption",
        .about = "secure boot and flash encryption together",
        .catalogue = "I14 F05",
        SECURE_BOOT_WITH(.flash_encryption = true),
        .signing = SIGNED_BY("rsa_b"),
    },
    {
        .name = "signed/flash-encryption-unsigned",
        .about = "secure boot and flash encryption together: an image without a signature",
        .catalogue = "I13",
        SECURE_BOOT_WITH(.flash_encryption = true),
        .expect = REFUSED,
    },
    END_OF_SCENARIOS,
};
