Feature: The cheapest flavor that carries the day
  Both CPU and memory must fit, per replica, at the accepted share of hours over capacity.

  Background:
    Given "acme" sells in "north"
      | flavor | vcpus | memory_gib | usd_per_hour |
      | c2     | 2     | 4          | 0.10         |
      | g2     | 2     | 8          | 0.12         |
      | c4     | 4     | 8          | 0.20         |
      | g8     | 8     | 32         | 0.48         |

  Scenario: CPU and memory both count
    Given "shop" has 336 hours of "cpu_cores" at exactly 1.5
    And "shop" has 336 hours of "memory_gib" at exactly 6
    And the context asks "acme" in "north"
    When the planner asks for "cpu_cores" of "shop"
    Then "g2" is recommended at 2.88 USD per day

  Scenario: Ratios go through the present capacity
    Given "shop" has 336 hours of "avg_cpu" at exactly 0.75
    And one replica has 4 vCPUs and 8 GiB
    And the context asks "acme" in "north"
    When the planner asks for "avg_cpu" of "shop"
    Then "c4" is recommended at 4.80 USD per day

  Scenario: Replicas share an absolute load and each costs
    Given "shop" has 336 hours of "cpu_cores" at exactly 6
    And the context says "replicas" is 3
    And the context asks "acme" in "north"
    When the planner asks for "cpu_cores" of "shop"
    Then "c2" is recommended at 7.20 USD per day

  Scenario: A smaller accepted risk never buys less
    Given "shop" has 336 hours of "cpu_cores" around 1.6
    And the context asks "acme" in "north"
    When the planner asks for "cpu_cores" of "shop" at risks 0.5 and 0.001
    Then the second need is larger

  Scenario: Two weeks of its own history decide with the forecast, and the plan says how
    Given "shop" has 336 hours of "cpu_cores" around 1.6
    And the context asks "acme" in "north"
    When the planner asks for "cpu_cores" of "shop"
    Then the reasons contain "sizing_rule"
    And the notes say "plus a margin of"
    And CPU is sized with the rule "statistical/cpu"

  Scenario: What never moved gets no margin
    Given "shop" has 336 hours of "cpu_cores" at exactly 2
    And the context asks "acme" in "north"
    When the planner asks for "cpu_cores" of "shop" at risks 0.01 and 0.0001
    Then the needs are the same

  Scenario: Less than a week of history leaves the forecast alone, and the plan says so
    Given "shop" has 100 hours of "cpu_cores" around 1.6
    And the context asks "acme" in "north"
    When the planner asks for "cpu_cores" of "shop"
    Then the notes say "CPU is sized from the forecast alone"
    And CPU is sized with no rule

  Scenario: Rarer than was ever measured is said to be so
    Given "shop" has 336 hours of "cpu_cores" around 1.2
    And the context asks "acme" in "north"
    When the planner asks for "cpu_cores" of "shop" at risks 0.001 and 0.0001
    Then the second need is larger
    And the notes say "unmeasured"

  Scenario: A history that touches its capacity asks for more than it
    Given "shop" has 336 hours of "avg_cpu" at exactly 0.96
    And one replica has 2 vCPUs and 4 GiB
    And the context asks "acme" in "north"
    When the planner asks for "avg_cpu" of "shop"
    Then "c4" is recommended at 4.80 USD per day
    And the reasons contain "saturated"

  Scenario: Without any capacity a medium is assumed, and said
    Given "shop" has 336 hours of "avg_cpu" at exactly 0.3
    When the planner asks for "avg_cpu" of "shop"
    Then "small" is recommended at 1.20 USD per day
    And the reasons contain "capacity_assumed"

  Scenario: A service known by a count is sized by its share of its own peak
    Given "shop" has 336 hours of "requests" at exactly 500
    And one replica has 4 vCPUs and 8 GiB
    And the context asks "acme" in "north"
    When the planner asks for "requests" of "shop"
    Then "c4" is recommended at 4.80 USD per day
    And the reasons contain "count_share_of_peak"

  Scenario: Beyond the generic catalogue the largest answers and says so
    Given "shop" has 336 hours of "cpu_cores" at exactly 40
    When the planner asks for "cpu_cores" of "shop"
    Then "large" is recommended at 5.50 USD per day
    And the reasons contain "beyond_largest"

  Scenario Outline: What cannot be priced or carried is refused, never guessed
    Given "shop" has 336 hours of "cpu_cores" at exactly <cores>
    And "mist" sells in "north" without saying its prices
    And the context asks "<provider>" in "<region>"
    When the planner asks for "cpu_cores" of "shop"
    Then the plan is refused as "<code>"

    Examples:
      | cores | provider | region | code             |
      | 40    | acme     | north  | no_flavor_fits   |
      | 1     | mist     | north  | price_unknown    |
      | 1     | acme     | south  | invalid_request  |
      | 1     | nobody   | north  | invalid_request  |
      | 1     | acme     |        | region_required  |
