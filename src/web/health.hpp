// What machines ask: whether it lives, whether it could work, and its figures.
#pragma once

#include "core/config.hpp"
#include "ledger/tally.hpp"
#include "web/look.hpp"
#include "web/request.hpp"

namespace web {

enum class Asked { alive, ready };

// /healthz and /readyz: looks at the ledger and the folders each time. Tells nothing but that, to whoever asks.
Response health_answer(const core::Config& config, Asked asked);

// /metrics, in the text format of Prometheus. tally: kept by the caller between two of them.
Response metrics_answer(const Look& look, ledger::Tally& tally);

}  // namespace web
