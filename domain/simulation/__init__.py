"""Simulated data for trying the planner out: one cluster and eight services. Nothing in it is measured."""

from domain.simulation.cluster import CLUSTER_HOURS, CLUSTER_ORIGIN, simulate_cluster
from domain.simulation.render import cluster_csv, services_csv
from domain.simulation.services import SERVICE_END, SERVICE_START, SimulatedSeries, simulate_services

__all__ = [
    "CLUSTER_HOURS",
    "CLUSTER_ORIGIN",
    "SERVICE_END",
    "SERVICE_START",
    "SimulatedSeries",
    "cluster_csv",
    "services_csv",
    "simulate_cluster",
    "simulate_services",
]
