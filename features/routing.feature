Feature: Which model answers
  The first rule that matches decides, and a model that cannot answer hands over in plain sight.

  Scenario: A production service with a day of history goes to the model
    Given a trained model is installed
    And "shop" has 24 hours of "avg_cpu" around 0.3
    And the context says "time_slot" is "peak"
    When the planner asks for "avg_cpu" of "shop"
    Then the plan's version is "web_peak_lstm_v1"

  Scenario: A model that is not there hands over to the baseline and says so
    Given "shop" has 336 hours of "avg_cpu" around 0.3
    When the planner asks for "avg_cpu" of "shop"
    Then the plan's version is "web_normal_lstm_v1_statistical"
    And the reasons contain "model_unavailable"
    And the notes say "the statistical baseline answers"

  Scenario: A development service goes to the baseline
    Given a trained model is installed
    And "shop" has 336 hours of "avg_cpu" around 0.3
    And the context says "runtime_env" is "dev"
    When the planner asks for "avg_cpu" of "shop"
    Then the plan's version is "web_dev_baseline_v1_statistical"

  Scenario: A service ten hours old is planned from its ten hours
    Given "shop" has 10 hours of "avg_cpu" around 0.3
    When the planner asks for "avg_cpu" of "shop"
    Then the plan's version is "baseline_fallback_v1_statistical"
    And the reasons contain "short_history"

  Scenario: A service nobody has measured gets a scenario, and is told so
    When the planner asks for "avg_cpu" of "newcomer"
    Then the plan's version is "baseline_fallback_v1_fallback"
    And the reasons contain "no_history"
    And the notes say "fallback scenario"
