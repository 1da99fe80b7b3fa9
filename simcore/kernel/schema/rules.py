"""Rules: the broker, its instruments and their costs. Written once by brokers.rules, never changed in a run."""

from simcore.kernel.schema.record import record

N_TRANSITIONS = 320  # of one time zone, 1970 to 2100
N_ORDER_TYPES = 8  # margin rates: buy sell buy_limit sell_limit buy_stop sell_stop buy_stop_limit sell_stop_limit

ZONE = record(n="i8", at=("i8", (N_TRANSITIONS,)), offset=("i8", (N_TRANSITIONS,)))

PATH = record(  # a conversion: up to two quoted instruments
    n="i8",
    first="i8",
    first_inverse="i8",
    second="i8",
    second_inverse="i8",
)

COMMISSION = record(per_lot="f8", per_share="f8", rate="f8", maker="f8", taker="f8", min="f8", max_rate="f8", path=PATH)

SLIPPAGE = record(
    fixed="f8",  # a price distance
    spread_share="f8",
    volume_share="f8",  # price * volume_share * sqrt(qty / quoted size)
)

TERMS = record(  # an instrument's rules
    key="i8",  # hash of the symbol: what a compiled strategy compares
    contract_size="f8",
    price_scale="f8",  # 10 ** digits, exact
    price_step="f8",  # increment in units of 1 / price_scale, an integer
    tick_value="f8",
    tick_size="f8",
    qty_min="f8",
    qty_max="f8",
    qty_increment="f8",
    calc_mode="i8",
    leverage="f8",
    margin_initial_rate=("f8", (N_ORDER_TYPES,)),
    margin_maintenance_rate=("f8", (N_ORDER_TYPES,)),
    initial_margin="f8",  # fixed, per lot; 0 = by formula
    maintenance_margin="f8",
    hedged_margin="f8",
    hedged_use_leg="i8",
    swap_mode="i8",
    swap_long="f8",
    swap_short="f8",
    swap_days=("f8", (7,)),  # Monday first
    swap_year="f8",  # days of interest
    face_value="f8",  # bonds
    accrued_interest="f8",  # of a bond, paid with its price on exchange accounts
    liquidity_rate="f8",  # collateral
    settlement_price="f8",  # FORTS, and the margin of a sell per lot
    initial_margin_sell="f8",
    margin_currency_rate="f8",
    least_margin="f8",  # a regime's share of the value, where margin is money per lot; 0 = none
    stops_level="f8",  # a price distance
    freeze_level="f8",
    trade_mode="i8",
    orders="i8",  # bits of the kinds of orders it takes: see conditions.py
    fillings="i8",  # of market orders
    fillings_pending="i8",
    expirations="i8",
    gtc_mode="i8",  # 1 = orders, stop losses and take profits end with the day, 2 = orders only
    volume_limit="f8",  # position and pending orders of one side; 0 = none
    profit_path=PATH,  # quote currency -> account
    margin_path=PATH,  # margin currency -> account
    swap_path=PATH,  # what its swap_mode counts in -> account
    lever="i8",  # floating-leverage rule, 1-based; 0 = none
    lever_path=PATH,  # margin currency (Forex), quote currency -> that rule's
    most_margin="f8",  # dynamic leverage multiplies its margin at most so; 0 = its margin knows no leverage
    volatility="i8",  # series whose bars tell its volatility, 1-based; 0 = none
    max_position_leverage="f8",  # the user's limits on it and on its class; 0 = none
    max_position_notional="f8",
    max_position_qty="f8",
    limit_class="i8",  # instruments of one number are counted together; 0 = none
    max_class_leverage="f8",
    max_class_notional="f8",
    commission=COMMISSION,
    slippage=SLIPPAGE,
    n_sessions="i8",  # 0 = open whenever it ticks
    sessions_at="i8",  # byte offset in Rules of (open, close) pairs
    first_series="i8",
    n_series="i8",
    n_hidden="i8",  # series behind those, which nobody hears
    print_quotes="i8",  # 1 = it has no quotes: a print is bid and ask at once
)

SERIES_TERMS = record(
    instrument="i8",
    timeframe="i8",  # ns; below 0: not by time, passes through
    daily="i8",  # 1 = bounded by day_start
    passthrough="i8",  # 1 = the data are bars of this very timeframe
    hidden="i8",  # 1 = no handler hears it
    capacity="i8",
    bars_at="i8",  # byte offset in State of the ring
)

SESSION = record(open="i8", close="i8")

N_TIERS = 16
LEVER = record(  # a floating-leverage rule
    range="i8",
    n="i8",
    up_to=("f8", (N_TIERS,)),
    initial=("f8", (N_TIERS,)),
    maintenance=("f8", (N_TIERS,)),
)

HOLIDAY = record(day="i8")  # days since 1970 on the rollover's clock: no swap that day, both on the day before

MARGIN_WINDOW = record(  # from `at` on an instrument's margin is multiplied so, by what the clock knows ahead
    at="i8",
    instrument="i8",
    shut="f8",  # weekend, holiday
    leverage="f8",  # sessions, news: 1 / the share of leverage that is left
    cause="i8",  # bits of MarginCause
)

RULES = record(
    venue="i8",
    mode="i8",
    size="i8",  # size class, for the sentence of a full book
    money_scale="f8",
    margin_call_level="f8",
    stop_out_level="f8",
    stop_out_money="i8",  # enums.StopOutMoney: what the two levels are
    stop_out_all="i8",  # 1 = every position is closed, not only until the level is restored
    stop_out_splits="i8",  # 1 = netting: a forced close takes at most qty_max at once
    stop_out_hedged="i8",  # 1 = covered positions without margin go too, once equity is below 0
    stop_out_target="f8",  # > 0: closes parts, until the level is back at this
    negative_balance_protection="i8",
    withdraws_credit="i8",  # 1 = with it the credit goes
    fifo_close="i8",
    hedge_prohibited="i8",
    limit_orders="i8",  # 0 = none
    limit_positions="i8",
    gate_level="f8",  # our own gates and limits; 0 = off
    gate_factor="f8",
    gate_legs="i8",
    gate_warn="f8",
    gate_close="f8",
    gate_every="i8",  # ns between two looks of the watch; 0 = every tick
    limits="i8",  # 1 = there are limits
    limits_adjust="i8",  # 1 = cut the qty, 0 = refuse
    max_leverage="f8",
    max_notional="f8",
    max_margin="f8",  # used margin / equity
    max_orders="i8",
    max_positions="i8",
    free_margin_mode="i8",
    margin_rates_daily="i8",  # 1 = positions take the day's conversion of margin at the rollover
    spike_fast="i8",  # bars; 0 = volatility does not count
    spike_slow="i8",
    spike_threshold="f8",
    spike_slope="f8",
    spike_floor="f8",
    limit_improve="i8",
    intrabar_path="i8",
    changes_when_closed="i8",  # 0 = nothing may be changed or canceled while its market is closed (MetaTrader)
    marketable_reject="i8",  # 1 = a marketable limit is refused (MetaTrader)
    convert_mid="i8",  # 1 = convert at mid, 0 = at the side MetaTrader 5 takes
    profit_conversion="i8",
    valuation="i8",
    margin_current="i8",  # 1 = margin at today's price and rate, 0 = at those of the opening
    margin_moves="i8",  # 1 = margin moves with prices: every tick of what is open is looked at
    latency="i8",  # ns, order + feed
    n_latency="i8",  # > 0: drawn from the table
    latency_seed="i8",
    latency_table=("i8", (1024,)),
    missed="f8",  # the share of orders that are not filled when their time has come; those that only close are
    missed_seed="i8",
    rollover_time="i8",  # ns after local midnight
    day_time="i8",
    rollover_zone=ZONE,
    day_zone=ZONE,
    zone=ZONE,  # hour and weekday of ctx
    hears="i8",
    warmup="i8",
    sample_every="i8",  # ns between equity samples; 0 = at the close of every bar of bar data
    track="i8",  # 1 = peak, drawdown and lowest margin level on every tick
    n_instruments="i8",
    n_series="i8",
    n_positions="i8",  # capacities
    n_orders="i8",
    n_requests="i8",
    n_notices="i8",
    n_unheard="i8",  # as many notices may wait when something is sent
    n_timers="i8",
    series_at="i8",  # byte offsets in State
    timers_at="i8",
    positions_at="i8",
    orders_at="i8",
    requests_at="i8",
    notices_at="i8",
    memory_at="i8",
    state_bytes="i8",
    series_terms_at="i8",  # byte offset in Rules
    terms_at="i8",
    n_levers="i8",
    levers_at="i8",
    n_holidays="i8",
    holidays_at="i8",  # byte offset in Rules
    n_windows="i8",
    windows_at="i8",
    rules_bytes="i8",
)
