/* The partitions that a boot knows: those of the table, read once, and those that the application
 * registered. */
#pragma once

#include <sys/queue.h>

#include "esp_partition.h"

struct partition_node {
    STAILQ_ENTRY(partition_node) link;
    esp_partition_t info;
    bool external; /* registered by the application */
};

STAILQ_HEAD(partition_list, partition_node);

/** The list, in the order of the table; read from flash when this boot first asks. */
struct partition_list *partition_list(void);
