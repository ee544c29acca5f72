"""Makes the old Excel workbooks of the tests: python3 make_xls.py (needs xlwt 1.3)."""

import datetime

import xlwt


def calls():
    book = xlwt.Workbook(encoding="utf-8")
    date = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm:ss")
    sheet = book.add_sheet("一月")
    sheet.write_merge(0, 0, 0, 4, "热线工单汇总")
    for column, header in enumerate(["工单编号", "工单标题", "工单内容", "推送时间", "承办单位"]):
        sheet.write(1, column, header)
    sheet.write(2, 0, 20200106001)
    sheet.write(2, 1, "积水")
    sheet.write(2, 2, "第一行\n第二行")
    sheet.write(2, 3, datetime.datetime(2020, 1, 6, 12, 9, 38), date)
    sheet.write_merge(2, 3, 4, 4, "住建局")
    sheet.write(3, 0, "A2")
    sheet.write(3, 1, "路灯")
    sheet.write(3, 2, "不亮")
    sheet.write(3, 3, 43836.5)
    hidden = book.add_sheet("隐藏")
    hidden.visibility = 1
    hidden.write(0, 0, "工单内容")
    hidden.write(1, 0, "不该读到")
    book.save("calls.xls")


def since_1904():
    book = xlwt.Workbook(encoding="utf-8")
    book.dates_1904 = 1
    sheet = book.add_sheet("一")
    for column, header in enumerate(["工单编号", "工单内容", "推送时间"]):
        sheet.write(0, column, header)
    sheet.write(1, 0, "A1")
    sheet.write(1, 1, "积水")
    sheet.write(1, 2, 43836.5 - 1462)
    book.save("since_1904.xls")


def far_cells():
    book = xlwt.Workbook(encoding="utf-8")
    for n in range(20):
        sheet = book.add_sheet(f"表{n}")
        sheet.write(0, 0, "工单内容")
        sheet.write(65535, 255, "x")
    book.save("far_cells.xls")


calls()
since_1904()
far_cells()
