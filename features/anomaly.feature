Feature: Days out of the ordinary
  The unclamped peak is held against the last 168 observed hours.

  Scenario: An ordinary day is no anomaly
    Given "shop" has 336 hours of "requests" around 1000
    When the planner asks for "requests" of "shop"
    Then the day is no anomaly

  Scenario: A day three deviations out is one
    Given "shop" has 336 hours of "requests" around 1000
    And the context says "weight" is 5
    When the planner asks for "requests" of "shop"
    Then the day is an anomaly of type "spike"
    And the reasons contain "anomaly"

  Scenario Outline: Against a past that never moved, twice as much is an anomaly
    Given "shop" has 336 hours of "requests" at exactly 100
    And the context says "weight" is <weight>
    When the planner asks for "requests" of "shop"
    Then the day is <verdict> of type "constant_history"

    Examples:
      | weight | verdict    |
      | 1.9    | no anomaly |
      | 2.5    | an anomaly |

  Scenario: Without a past nothing is called an anomaly
    When the planner asks for "avg_cpu" of "newcomer"
    Then the day is no anomaly of type "no_history"
