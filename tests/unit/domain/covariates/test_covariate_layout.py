"""The layout is a file format: names and order are fixed."""

from domain.covariates import (
    ALL_COLUMNS,
    BOUNDED_COLUMNS,
    FEATURE_COLUMNS,
    OBSERVED_COLUMNS,
    RAW_COLUMNS,
    TARGET_COLUMN,
)

HEADER = (
    "hour_offset,total_events,unique_machines,add_events,remove_events,update_events,avg_cpu,avg_memory,std_cpu,"
    "std_memory,min_cpu,max_cpu,min_memory,max_memory,unique_switches,unique_platforms,hour_of_day,day_of_week,"
    "day_of_month,hour_sin,hour_cos,day_sin,day_cos,lag1_events,lag1_machines,lag1_cpu,lag2_events,lag2_machines,"
    "lag2_cpu,lag3_events,lag3_machines,lag3_cpu,lag6_events,lag6_machines,lag6_cpu,lag12_events,lag12_machines,"
    "lag12_cpu,lag24_events,lag24_machines,lag24_cpu,ma3_events,ma3_machines,ma3_cpu,ma6_events,ma6_machines,ma6_cpu,"
    "ma12_events,ma12_machines,ma12_cpu,ma24_events,ma24_machines,ma24_cpu,ma48_events,ma48_machines,ma48_cpu,"
    "roll12_std,roll12_max,roll12_min,roll24_std,roll24_max,roll24_min,pct_change_1h,pct_change_6h,pct_change_24h,"
    "diff_1h,diff_6h,diff_24h,cpu_memory_ratio,resource_total,resource_efficiency,events_per_machine,events_quantile,"
    "cpu_quantile,memory_quantile,is_high_load,is_low_load,load_category,is_business_hour,is_weekend,is_night,"
    "cpu_events_interaction,machines_events_ratio,switches_complexity"
)


def test_the_84_columns_stand_in_the_order_of_the_file() -> None:
    assert ",".join(ALL_COLUMNS) == HEADER
    assert len(set(ALL_COLUMNS)) == 84


def test_raw_columns_come_first_and_82_features_follow_offset_and_target() -> None:
    assert ALL_COLUMNS[:16] == RAW_COLUMNS == ("hour_offset", TARGET_COLUMN, *OBSERVED_COLUMNS)
    assert ALL_COLUMNS[2:] == FEATURE_COLUMNS
    assert len(FEATURE_COLUMNS) == 82


def test_every_bounded_column_is_a_feature_and_no_measurement_is_bounded() -> None:
    assert set(FEATURE_COLUMNS) > BOUNDED_COLUMNS
    assert not BOUNDED_COLUMNS & set(RAW_COLUMNS)
