"""Models of the devices, people, drives and networks of an exam point, on SimPy.

Each model has the interface of its family in ``hal`` (what a station calls) and a physical face (what a
person does with hands: open the cover, pull the token). Faults are overlays on an undamaged device.
"""
