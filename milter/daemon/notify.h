// What systemd is told (sd_notify(3)); without systemd, or when not started by it, nothing.
#pragma once

#include <string>

namespace shorthop {

void notify_ready(const std::string& status);
void notify_reloading();  ///< to be followed by notify_ready, whatever the reload came to
void notify_stopping();

}  // namespace shorthop
