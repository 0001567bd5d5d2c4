#include "net_certificate_time.h"

/* Days from 1970-01-01 in the Gregorian calendar; years begin in March here, so that the leap day
 * is the last of its year. */
static int64_t days_since_1970(int year, int month, int day)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

int64_t net_certificate_time(const mbedtls_x509_time *time)
{
    return days_since_1970(time->year, time->mon, time->day) * 86400 + (int64_t)time->hour * 3600 +
           (int64_t)time->min * 60 + time->sec;
}
