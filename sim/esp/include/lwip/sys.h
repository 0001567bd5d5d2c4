/* What applications want of lwIP's lwip/sys.h. */
#pragma once

#include <errno.h>
#include <stdint.h>

#include "lwip/err.h"
