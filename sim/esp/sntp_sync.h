/* Between the interfaces and the clock's synchronisation. */
#pragma once

/** An interface has got an address: time servers can be reached. */
void sntp_network_is_up(void);
