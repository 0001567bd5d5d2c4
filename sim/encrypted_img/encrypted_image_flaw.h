/* What can be wrong with a pre-encrypted image, for tables of scenarios. */
#pragma once

/** What can be wrong with an encrypted image; several may be combined. */
enum encrypted_image_flaw {
    ENCRYPTED_IMAGE_FLAW_MAGIC = 1u << 0,
    ENCRYPTED_IMAGE_FLAW_TAG = 1u << 1,         /* one bit of the tag */
    ENCRYPTED_IMAGE_FLAW_BIT_FLIP = 1u << 2,    /* one bit in the last quarter of the image */
    ENCRYPTED_IMAGE_FLAW_CUT = 1u << 3,         /* the last block is missing */
    ENCRYPTED_IMAGE_FLAW_HEADER_ONLY = 1u << 4, /* nothing follows the header */
    ENCRYPTED_IMAGE_FLAW_SIZE = 1u << 5,        /* the header promises a block more */
    ENCRYPTED_IMAGE_FLAW_SURPLUS = 1u << 6,     /* three bytes too many follow */
};

/** Name of the n-th flaw (bit n), as the command line takes it, or NULL. */
const char *encrypted_image_flaw_name(unsigned bit);
