/* Name resolution: that of the host. */
#pragma once

#include "lwip/err.h"
#include "lwip/netdb.h"
