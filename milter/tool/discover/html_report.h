// The report of discover as one page of HTML: inline styles and SVG, no script, nothing from the network.
#pragma once

#include <string>

#include "tool/discover/print_report.h"

namespace shorthop::tool {

/// The whole page, in ASCII.
std::string html_page(const DiscoverResult& result);

}  // namespace shorthop::tool
