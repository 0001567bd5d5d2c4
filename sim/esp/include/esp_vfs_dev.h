/* The console as a file, by the names that it had before driver/uart_vfs.h. */
#pragma once

#include "driver/uart_vfs.h"

#ifdef __cplusplus
extern "C" {
#endif

void esp_vfs_dev_uart_use_driver(int uart_num);
int esp_vfs_dev_uart_port_set_rx_line_endings(int uart_num, esp_line_endings_t mode);
int esp_vfs_dev_uart_port_set_tx_line_endings(int uart_num, esp_line_endings_t mode);

#ifdef __cplusplus
}
#endif
