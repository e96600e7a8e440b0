/* Which window gets a ticket (R5), and choose.h for those who are in no hurry. */
#include "choose.h"

struct tbi_choice tbi_choose_ticket(const struct tb_city *city, uint32_t server)
{
    return tbi_choice(city, server);
}

static uint32_t choose_remote_server(const struct tb_city *city, uint32_t queue)
{
    uint32_t best = TB_NONE, flexible = UINT32_MAX;
    uint64_t order = UINT64_MAX;
    for (uint64_t m = city->remote_ready; m; m &= m - 1) {
        const struct tbi_remote_class *class_ = &city->remote[tbi_lowest(m)];
        uint64_t since = tbi_server(city, class_->ready.head)->ready_order;
        if (!(class_->lines & tbi_bit(queue)) || class_->flexible > flexible)
            continue;
        if (class_->flexible == flexible && since > order)
            continue;
        best = class_->ready.head;
        flexible = class_->flexible;
        order = since;
    }
    return best;
}

uint32_t tbi_choose_server(const struct tb_city *city, uint32_t station_index, uint32_t queue)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    if (station_index == city->station_remote)
        return choose_remote_server(city, queue);
    uint64_t ready = station->ready_profiles & tbi_station_line(station, queue)->profiles;
    if ((ready & (ready - 1)) == 0)
        return ready ? tbi_station_profile(station, tbi_lowest(ready))->ready.head : TB_NONE;
    uint32_t best = TB_NONE, flexible = UINT32_MAX;
    uint64_t order = UINT64_MAX;
    for (uint64_t m = ready; m; m &= m - 1) {
        const struct tbi_profile *profile = tbi_station_profile(station, tbi_lowest(m));
        uint64_t since = tbi_server(city, profile->ready.head)->ready_order;
        if (profile->flexible < flexible || (profile->flexible == flexible && since < order)) {
            best = profile->ready.head;
            flexible = profile->flexible;
            order = since;
        }
    }
    return best;
}
