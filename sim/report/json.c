/* Values as JSON. */
#include <math.h>
#include <stdio.h>

#include "report/writers.h"

json_t *tbs_json_number(double value)
{
    if (!isfinite(value))
        return json_null();
    if (value == floor(value) && fabs(value) < 9007199254740992.0)
        return json_integer((json_int_t)value);
    return json_real(value);
}

json_t *tbs_json_text(const char *value)
{
    return value == NULL ? json_null() : json_string(value);
}

json_t *tbs_json_name(const struct tbs_name *value)
{
    return json_pack("{s:o,s:o,s:o}", "id", tbs_json_text(value->id), "zh",
                     tbs_json_text(value->zh), "en", tbs_json_text(value->en));
}

json_t *tbs_json_word(const char *format, uint64_t value)
{
    char digits[32];
    snprintf(digits, sizeof digits, format, value);
    return json_string(digits);
}
